// Lets one process of the job wake another that waits. Each process has an eventfd, which the coordinator makes before
// the first fork and the children inherit. A signal may come without news, and news without a signal: a process that
// wakes looks at the shared memory, and its waits are bounded.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/base/types.h"

namespace headcount {

// Owns one eventfd.
class EventFd {
 public:
  static Result<EventFd> Create();
  EventFd(EventFd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  EventFd& operator=(EventFd&&) = delete;
  ~EventFd();

  int fd() const { return fd_; }
  void Signal() const;
  // Forgets the signals so far.
  void Clear() const;

 private:
  explicit EventFd(int fd) : fd_(fd) {}
  int fd_;
};

// One eventfd for every process that may wait.
struct Wakeups {
  std::vector<EventFd> workers;  // by slot
  std::vector<EventFd> others;   // the writer, then the coordinator

  static Result<Wakeups> Create(int32_t slots);
  const EventFd& worker(SlotId slot) const { return workers[static_cast<size_t>(slot.value())]; }
  const EventFd& writer() const { return others[0]; }
  const EventFd& coordinator() const { return others[1]; }
  void SignalAllWorkers() const {
    for (const EventFd& worker : workers) worker.Signal();
  }
};

// Waits until one of `fds` is readable (it skips those below 0) or `timeout_ms` has passed.
void WaitReadable(std::initializer_list<int> fds, int timeout_ms);
// Whether the last process that held the other end of a pipe has died.
bool IsHungUp(int pipe_fd);

}  // namespace headcount
