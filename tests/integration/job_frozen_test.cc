// Processes that stand still: a machine that sleeps kills nobody. (tests/fault freezes each kind for as long as it
// takes; job_deaths_test.cc one worker.)
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>

#include "tests/support/asleep.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;

class JobFrozen : public testing::Test {
 protected:
  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobFrozen, AMachineThatSleepsKillsNobodyOnWakingWhoeverWakesFirst) {
  // Two jobs, so that it sleeps once.
  Asleep coordinator_first(broker_, "");
  Asleep coordinator_last(broker_, "");
  for (Asleep* job : {&coordinator_first, &coordinator_last}) job->FallAsleep();
  Last(seconds(11));  // longer than a child may go without a heartbeat
  coordinator_first.WakeTheFirst(Asleep::Wakes::kCoordinatorFirst);
  coordinator_last.WakeTheFirst(Asleep::Wakes::kCoordinatorLast);
  Last(Asleep::kBetween);
  for (Asleep* job : {&coordinator_first, &coordinator_last}) job->WakeTheOthers();
  for (Asleep* job : {&coordinator_first, &coordinator_last}) {
    job->Finish();
    EXPECT_EQ(job->job().Published(), RightRecords(job->job().logs(), Asleep::kRule));
  }
}

}  // namespace
}  // namespace headcount::test
