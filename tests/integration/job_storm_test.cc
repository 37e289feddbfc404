// A short kill -9 storm. The long one, and the table of what became of the minutes: scripts/fault.sh.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/storm.h"

namespace headcount::test {
namespace {

TEST(JobStorm, KillsOfWorkerWriterAndCoordinatorWhileHostileFramesArriveChangeNothing) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  StormOptions options;
  options.seed = 71;
  options.blows = {10, 6, 6};
  const TestBroker broker = TestBroker::FromEnvironment();
  Storm storm(broker, options);
  storm.Rage();
  EXPECT_GT(storm.published_meanwhile(), 3U) << "hardly a minute was published during the storm";
  EXPECT_EQ(storm.Published(), storm.Right());
  EXPECT_EQ(storm.UnexplainedDeaths(), std::vector<std::string>());
}

TEST(JobStorm, ALongOneFallsOnEveryPointOfWorkerAndWriter) {
  StormOptions options;
  options.blows = {100, 50, 50};
  const std::vector<Blow> plan = PlanStorm(options);
  EXPECT_EQ(plan.size(), 200U);
  for (const Victim victim : {Victim::kWorker, Victim::kWriter, Victim::kCoordinator}) {
    for (const std::string& state : StormPoints(victim)) {
      const auto falls = [&](const Blow& blow) { return blow.victim == victim && blow.point == state; };
      EXPECT_GE(std::count_if(plan.begin(), plan.end(), falls), 2) << Name(victim) << " at " << state;
    }
  }
}

}  // namespace
}  // namespace headcount::test
