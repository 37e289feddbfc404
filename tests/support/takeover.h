// A whole job stands still, as on a host that sleeps, while another host takes over; then it is woken. Runs in tests.
//
// In steps, so that a test can take several of them side by side: what lasts long then lasts long once.
#pragma once

#include <memory>
#include <string>

#include "tests/support/arrivals.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/peer.h"

namespace headcount::test {

class Takeover {
 public:
  // `stop_point` (common/log/crash_point.h) is where the first one's writer stops by itself; empty: when it has
  // committed all there is.
  Takeover(const TestBroker& broker, Peer::Under under, const std::string& stop_point);

  // It reads, begins to publish, and all its processes stand still.
  void FreezeTheFirst();
  // It claims, reads what the first has left and more, and publishes that.
  void LetASecondTakeOver();
  // It must say who took over, change nothing, and end with 78. The second goes on.
  void WakeTheFirst();
  // More comes; the second is asked to end; all there is is published.
  void Finish();

  const Job& job() const { return job_; }
  static constexpr CountingRule kRule{10, 5, 5};

 private:
  // Everything in Kafka that a headcount could change.
  std::string WhatKafkaHolds() const;

  Job job_;
  const Peer::Under under_;
  const std::string stop_point_;
  Arrivals arrivals_;
  std::unique_ptr<Peer> first_;
  std::unique_ptr<Peer> second_;
  std::unique_ptr<Frozen> frozen_;
};

}  // namespace headcount::test
