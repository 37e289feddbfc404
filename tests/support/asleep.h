// A job on a machine that goes to sleep and wakes: nobody may be killed for it, whoever wakes first. Runs in tests.
//
// In steps, so that several can sleep at the same time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/arrivals.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"

namespace headcount::test {

class Asleep {
 public:
  enum class Wakes : uint8_t { kCoordinatorFirst, kCoordinatorLast };

  // `stop_point` (common/log/crash_point.h) is where the writer falls asleep; empty: when it has committed all there
  // is.
  Asleep(const TestBroker& broker, const std::string& stop_point);

  // It reads and publishes; then all its processes stand still.
  void FallAsleep();
  // Frames have arrived meanwhile. The first wake; the others are to follow when kBetween is over.
  void WakeTheFirst(Wakes order);
  void WakeTheOthers();
  // All is read and published by the processes that there were before. Then it is drained, and all is published.
  void Finish();

  const Job& job() const { return job_; }
  static constexpr CountingRule kRule{10, 5, 5};
  // Longer than the coordinator may pause before it grants everybody new time (kCoordinatorPauseMs), shorter than that
  // time (kHeartbeatTimeoutMs).
  static constexpr std::chrono::seconds kBetween{3};

 private:
  std::vector<int64_t> Pids() const;
  bool HasClosed(int64_t frontier_s) const;

  Job job_;
  const std::string stop_point_;
  Arrivals arrivals_;
  std::vector<int64_t> pids_;
  std::unique_ptr<Frozen> coordinator_;
  std::unique_ptr<Frozen> children_;
};

}  // namespace headcount::test
