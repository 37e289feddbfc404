// One job a group on this host: a lock that lives as long as any process of the job does. Runs in the
// coordinator, before the first fork.
//
// It is an flock on a small file named after brokers and group. The lock belongs to the open file, which the
// children inherit: it is gone when the last of them is. So a coordinator that starts while children of a dead
// one are still dying waits for them. Kafka fences a second writer anyway; the lock says so before it happens,
// and in better words. The file holds the coordinator's pid and stays: removing it would race with the next.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/limits.h"
#include "common/base/result.h"

namespace headcount {

class InstanceLock {
 public:
  // Where locks are kept: /run/lock, or /tmp where that cannot be written.
  static std::string DefaultDirectory();

  // kHumanNeeded after `wait_ms`, naming the pid written in the file. A signal during the wait is not waited
  // out if its handler ends the process: block signals only afterwards.
  static Result<InstanceLock> Acquire(const std::string& bootstrap_server, const std::string& group,
                                      const std::string& directory = DefaultDirectory(),
                                      int64_t wait_ms = limits::kLockWaitMs);

  InstanceLock(InstanceLock&& other) noexcept;
  InstanceLock& operator=(InstanceLock&& other) noexcept;
  // Closes our copy; the lock goes with the last copy.
  ~InstanceLock();

  // Every child keeps it open.
  int fd() const { return fd_; }

 private:
  explicit InstanceLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

// The same brokers in another order are the same brokers. Public for tests.
std::string LockFileName(const std::string& bootstrap_server, const std::string& group);

}  // namespace headcount
