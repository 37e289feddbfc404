// Allows one job a group on this host, by a lock that lives as long as any process of the job. Runs in the coordinator,
// before the first fork.
//
// The lock is an flock on a small file that is named after brokers and group. It belongs to the open file, which the
// children inherit, so it goes with the last of them. A coordinator that starts while children of a dead one are still
// dying therefore waits for them. Kafka fences a second writer anyway; the lock reports it earlier and in better words.
// The file holds the coordinator's pid and stays: removing it would race with the next coordinator.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/limits.h"
#include "common/base/result.h"

namespace headcount {

class InstanceLock {
 public:
  // The folder of the locks: /run/lock, or /tmp if /run/lock cannot be written.
  static std::string DefaultDirectory();

  // After `wait_ms` the error is kHumanNeeded and names the pid in the file. A signal during the wait must be able to
  // end the process, so the caller blocks signals only afterwards.
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

// The same brokers in another order give the same name. Public for tests.
std::string LockFileName(const std::string& bootstrap_server, const std::string& group);

}  // namespace headcount
