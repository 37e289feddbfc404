#include "common/base/wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/check.h"

namespace headcount {

Result<EventFd> EventFd::Create() {
  const int fd = eventfd(0, EFD_NONBLOCK);
  if (fd < 0) return Error{ExitCode::kTryAgain, std::string("making an eventfd failed: ") + std::strerror(errno)};
  return EventFd(fd);
}

EventFd::~EventFd() {
  if (fd_ >= 0) close(fd_);
}

void EventFd::Signal() const {
  const uint64_t one = 1;
  // write() fails only when 2^64 - 2 signals are pending: then the reader has one to see anyway.
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof one);
}

void EventFd::Clear() const {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = read(fd_, &count, sizeof count);
}

Result<Wakeups> Wakeups::Create(int32_t slots) {
  Wakeups wakeups;
  for (int32_t i = 0; i < slots + 2; ++i) {
    Result<EventFd> made = EventFd::Create();
    if (!made) return made.error();
    (i < slots ? wakeups.workers : wakeups.others).push_back(std::move(*made));
  }
  return wakeups;
}

void WaitReadable(std::initializer_list<int> fds, int timeout_ms) {
  std::array<pollfd, 8> polled{};
  HC_CHECK(fds.size() <= polled.size(), "too many descriptors to wait for");
  nfds_t count = 0;
  for (const int fd : fds) {
    if (fd >= 0) polled[count++] = {fd, POLLIN, 0};
  }
  poll(polled.data(), count, timeout_ms);
}

bool IsHungUp(int pipe_fd) {
  pollfd polled{pipe_fd, POLLIN, 0};
  return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLHUP | POLLERR | POLLIN)) != 0;
}

}  // namespace headcount
