// How one process of the job wakes another that waits: an eventfd each, made by the coordinator before the
// first fork and inherited. A signal may come without news and news without a signal: whoever wakes looks at
// the shared memory, and waits with a bound.
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

// One for every process that may wait.
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

// Waits until one of `fds` is readable (those below 0 are passed over) or the time is up.
void WaitReadable(std::initializer_list<int> fds, int timeout_ms);
// Whether the other end of a pipe has been closed by the death of its last holder.
bool IsHungUp(int pipe_fd);

}  // namespace headcount
