// Tells the service manager that started the coordinator (sd_notify(3), Type=notify) how it is. The messages are: it is
// ready, a line about the job, it reloads its configuration, it ends, it is alive. A message is a datagram of
// NAME=VALUE lines to the socket that $NOTIFY_SOCKET names. The protocol is implemented here, so that no library of
// systemd is needed. Without that variable this code does nothing. Runs in the coordinator and never blocks it: if the
// manager's queue is full, a message is sent later or not at all.
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
    std::string socket;       // a path, or a name behind an @ (no file); empty: no manager listens
    int64_t watchdog_us = 0;  // how long the manager waits for a sign of life; 0: without limit
  };

  // Takes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID out of the environment. The manager listens to this process
  // only, and its children must not read the variables as meant for them.
  static Wish TakeFromEnvironment();

  explicit ServiceNotify(const Wish& wish);
  ~ServiceNotify();
  ServiceNotify(const ServiceNotify&) = delete;
  ServiceNotify& operator=(const ServiceNotify&) = delete;

  // Announces once that the job is ready, as `headcount health --ready` judges it, and shows the job's line now and
  // then.
  void Show(const StatusReport& report, int64_t now_ms);
  // Sends a sign of life, twice as often as the manager expects it. `well`: no child hangs that could not be ended
  // (Supervisor). So the watchdog acts if the coordinator itself hangs, or cannot end a hung child.
  void Turn(int64_t now_ms, bool well);
  void Reloading();
  void Reloaded();
  void Stopping();

 private:
  void Say(std::string message);
  void SendQueued();
  enum class Sent : uint8_t { kYes, kQueueFull, kNobody };
  Sent Send(const std::string& message) const;

  const Wish wish_;
  int fd_ = -1;  // -1: no manager listens, or no socket can be made
  bool ready_ = false;
  bool reloading_ = false;  // and the manager knows of it
  bool stopping_ = false;
  std::deque<std::string> waiting_;  // messages that the manager's queue had no space for, in order
  std::string shown_;
  std::optional<int64_t> shown_ms_;
  std::optional<int64_t> fed_ms_;
};

}  // namespace headcount
