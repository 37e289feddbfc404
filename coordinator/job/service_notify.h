// What the coordinator tells the service manager that started it (sd_notify(3), Type=notify): that it is ready, in a
// line how it goes, that it reads its configuration again or ends, and that it still turns. The protocol is a datagram
// of NAME=VALUE lines to the socket that $NOTIFY_SOCKET names; it is spoken here, so that no library of systemd's is
// needed. Where nobody has set that variable, nothing happens. Runs in the coordinator, which nothing here holds up:
// what the manager has no room for is sent later, or not at all.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "coordinator/status/status_report.h"

namespace headcount {

// The job in a line, for `systemctl status`.
std::string ServiceStatusText(const StatusReport& report);

class ServiceNotify {
 public:
  struct Wish {
    std::string socket;       // a path, or one behind an @ (no file); empty: nobody wants to hear
    int64_t watchdog_us = 0;  // how long it waits for a sign of life; 0: for ever
  };

  // What $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID say. They are taken out of the environment: the manager
  // listens to this process only, and what this process starts must not think that it is meant.
  static Wish TakeFromEnvironment();

  explicit ServiceNotify(const Wish& wish);
  ~ServiceNotify();
  ServiceNotify(const ServiceNotify&) = delete;
  ServiceNotify& operator=(const ServiceNotify&) = delete;

  // Ready, by the judgement of `headcount health --ready`, is said once; the line about the job from time to time.
  void Show(const StatusReport& report, int64_t now_ms);
  // A sign of life, twice as often as it is waited for. `well`: no child hangs that could not be ended (Supervisor). So
  // the watchdog is for a coordinator that itself hangs, or cannot mend what does.
  void Turn(int64_t now_ms, bool well);
  void Reloading();
  void Reloaded();
  void Stopping();

 private:
  void Say(std::string message);
  void SayWhatWaits();
  enum class Sent : uint8_t { kYes, kNoRoom, kNobody };
  Sent Send(const std::string& message) const;

  const Wish wish_;
  int fd_ = -1;  // -1: nobody wants to hear, or can
  bool ready_ = false;
  bool reloading_ = false;  // and the manager knows
  bool stopping_ = false;
  std::deque<std::string> waiting_;  // for room, in order
  std::string shown_;
  std::optional<int64_t> shown_ms_;
  std::optional<int64_t> fed_ms_;
};

}  // namespace headcount
