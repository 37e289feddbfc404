#include "coordinator/job/service_notify.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "coordinator/status/health.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

std::string Taken(const char* name) {
  const char* const value = getenv(name);  // NOLINT(concurrency-mt-unsafe)
  std::string taken = value == nullptr ? "" : value;
  unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return taken;
}

// Returns 0 if the text is no number above 0.
int64_t NumberIn(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 ? number : 0;
}

// Returns the length; 0 if systemd gives no such name.
socklen_t AddressOf(const std::string& name, sockaddr_un* address) {
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@') || name.size() >= sizeof address->sun_path) return 0;
  *address = {};
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, name.data(), name.size());
  if (name[0] == '@') address->sun_path[0] = 0;
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
}

}  // namespace

std::string ServiceStatusText(const StatusReport& report) {
  const std::optional<int64_t> lag = report.known_lag();
  return report.state + ": " +
         (report.has_closed_frontier ? "published up to " + TimeText(report.closed_frontier)
                                     : "no minute published yet") +
         ", lag " + (lag ? Short(static_cast<double>(*lag)) : "unknown") + ", " +
         std::to_string(report.partitions.size()) + " partitions, " + std::to_string(report.living_workers()) +
         " workers";
}

ServiceNotify::Wish ServiceNotify::TakeFromEnvironment() {
  Wish wish;
  wish.socket = Taken("NOTIFY_SOCKET");
  wish.watchdog_us = NumberIn(Taken("WATCHDOG_USEC"));
  const std::string whose = Taken("WATCHDOG_PID");
  if (!whose.empty() && NumberIn(whose) != getpid()) wish.watchdog_us = 0;
  return wish;
}

ServiceNotify::ServiceNotify(const Wish& wish) : wish_(wish) {
  sockaddr_un address{};
  if (AddressOf(wish_.socket, &address) != 0) fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

ServiceNotify::~ServiceNotify() {
  if (fd_ >= 0) close(fd_);
}

void ServiceNotify::Show(const StatusReport& report, int64_t now_ms) {
  if (fd_ < 0) return;
  if (!ready_ && !stopping_ && WhyNotReady(report).empty()) {
    ready_ = true;
    Say("READY=1");
  }
  // For each line the manager sends a message to all its watchers, so lines come seldom.
  const bool is_time = !shown_ms_ || now_ms - *shown_ms_ >= limits::kServiceStatusEveryMs;
  const std::string text = ServiceStatusText(report);
  const bool is_other_state = shown_.substr(0, shown_.find(':')) != report.state;
  if (text == shown_ || (!is_time && !is_other_state)) return;
  if (!waiting_.empty() || Send("STATUS=" + text) != Sent::kYes) return;  // a later line replaces this one
  shown_ = text;
  shown_ms_ = now_ms;
}

void ServiceNotify::Turn(int64_t now_ms, bool well) {
  if (fd_ < 0) return;
  SendQueued();
  if (wish_.watchdog_us == 0 || !well) return;
  // Half of the time, less the longest wait between two turns.
  const int64_t every_ms = wish_.watchdog_us / 2000 - limits::kCoordinatorWaitMs;
  if (fed_ms_ && now_ms - *fed_ms_ < every_ms) return;
  if (Send("WATCHDOG=1") == Sent::kYes) fed_ms_ = now_ms;
}

// Before the job is ready, and once it ends, the manager expects another message than the end of a reload. A reload
// whose end the queue has no space for is not announced, so that every announced reload ends.
void ServiceNotify::Reloading() {
  reloading_ = ready_ && !stopping_ && waiting_.size() < limits::kServiceMessagesWaiting;
  // In the manager's unit of microseconds: a rounded time could put the reload's begin before its request.
  if (reloading_) Say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(MonotonicUs()));
}

void ServiceNotify::Reloaded() {
  if (std::exchange(reloading_, false)) Say("READY=1");
}

void ServiceNotify::Stopping() {
  if (!stopping_) Say("STOPPING=1");
  stopping_ = true;
}

void ServiceNotify::Say(std::string message) {
  if (fd_ < 0) return;
  waiting_.push_back(std::move(message));
  SendQueued();
}

void ServiceNotify::SendQueued() {
  while (!waiting_.empty()) {
    if (Send(waiting_.front()) == Sent::kQueueFull) return;
    waiting_.pop_front();  // also if the manager is gone
  }
}

ServiceNotify::Sent ServiceNotify::Send(const std::string& message) const {
  sockaddr_un address{};
  const socklen_t length = AddressOf(wish_.socket, &address);
  const ssize_t sent = sendto(fd_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), length);
  if (sent >= 0) return Sent::kYes;
  return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? Sent::kQueueFull : Sent::kNobody;
}

}  // namespace headcount
