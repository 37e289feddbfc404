// The kill -9 storm: two hundred deaths while frames arrive, and every minute is as if there had been none.
#include "tests/support/storm.h"

#include <gtest/gtest.h>

#include <iostream>

#include "tests/fault/fault_table.h"

namespace headcount::test {
namespace {

TEST(KillStorm, TwoHundredKillsOfWorkerWriterAndCoordinatorLoseNothingAndDoubleNothing) {
  StormOptions options;
  options.seed = FaultSeed();
  options.telling = &std::cout;
  if (IsQuickPass()) {
    options.blows = {24, 12, 12};
  } else {
    options.blows = {100, 52, 52};
  }
  const TestBroker broker = TestBroker::FromEnvironment();
  Storm storm(broker, options);
  storm.Rage();
  const std::vector<std::string> published = storm.Published();
  const MinuteErrors errors = Compare(published, storm.Right());
  uint64_t kills = 0;
  for (const Victim victim : {Victim::kWorker, Victim::kWriter, Victim::kCoordinator}) {
    const Storm::Toll& toll = storm.toll(victim);
    kills += toll.kills;
    // Promised for a warm broker and a machine that has nothing else to do.
    const int64_t goal_ms = victim == Victim::kWorker ? 1000 : 3000;
    Report({std::string("kill -9 storm: ") + Name(victim), toll.kills, published.size(), errors, toll.recovery_ms,
            goal_ms});
  }
  EXPECT_GE(kills, IsQuickPass() ? 48U : 200U);
  EXPECT_GE(storm.published_meanwhile(), kills / 4) << "hardly a minute was published during the storm";
  EXPECT_EQ(storm.UnexplainedDeaths(), std::vector<std::string>());
}

}  // namespace
}  // namespace headcount::test
