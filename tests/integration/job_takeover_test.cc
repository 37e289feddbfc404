// Two headcounts of one group: on one host the second waits or is refused; from elsewhere the newer one fences the
// older, which says so, changes nothing and ends. Never do both publish.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/arrivals.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/peer.h"
#include "tests/support/takeover.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;

constexpr int64_t kStart = 1468244405;
constexpr CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

class JobTakeover : public testing::Test {
 protected:
  static void ExpectTheFrozenOneToGiveWay(Takeover* takeover) {
    takeover->FreezeTheFirst();
    takeover->LetASecondTakeOver();
    takeover->WakeTheFirst();
    takeover->Finish();
    EXPECT_EQ(takeover->job().Published(), RightRecords(takeover->job().logs(), kRule));
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// --- From elsewhere ------------------------------------------------------------------------------------------

TEST_F(JobTakeover, AJobFrozenInTheMiddleOfATransactionGivesWayWhenItWakes) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  Takeover takeover(broker_, Peer::Under::kNobody, "writer.offsets_sent*2");
  ExpectTheFrozenOneToGiveWay(&takeover);
}

TEST_F(JobTakeover, AFrozenJobAndItsSupervisorGiveWayWhenTheyWake) {
  Takeover takeover(broker_, Peer::Under::kSupervisor, "");
  ExpectTheFrozenOneToGiveWay(&takeover);
}

TEST_F(JobTakeover, ASuccessorThatStandsStillBeforeItsClaimThrowsNobodyOutAndTakesOverWhenItGoesOn) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  Job job(broker_, 2, kStreaming);
  Arrivals arrivals(72, 2, kStart, 30);
  job.ProduceAll(arrivals.NextAndMark(40));
  Peer first(job, 1);
  ASSERT_TRUE(first.HasClosed(kStart + 35));
  const std::filesystem::path stopped = job.File("stopped");
  Peer second(job, 2, Peer::Under::kNobody,
              {{"HEADCOUNT_STOP_POINT", "writer.claiming"}, {"HEADCOUNT_STOP_ONCE", stopped.string()}});
  ASSERT_TRUE(Eventually([&] { return HasStoppedItself(stopped, second.Family()); }));
  Frozen frozen(second.Family());
  // Fenced, and nobody has taken over: it takes its id back.
  job.ProduceAll(arrivals.NextAndMark(40));
  EXPECT_TRUE(first.HasClosed(kStart + 75));
  EXPECT_TRUE(first.Says("a transaction ended fenced"));
  frozen.Wake();
  EXPECT_TRUE(Eventually([&] { return !second.Run().empty(); }));
  job.ProduceAll(arrivals.NextAndMark(40));
  EXPECT_TRUE(second.HasClosed(kStart + 115));
  EXPECT_EQ(Describe(first.process().Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_TRUE(first.Says("(run " + second.Run() + ")"));
  EXPECT_EQ(Describe(second.Drain().value_or(ExitStatus{})), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

// --- On this host --------------------------------------------------------------------------------------------

TEST_F(JobTakeover, AfterKill9TheNextStartsThoughTheChildrenOfTheDeadOneStandStill) {
  Job job(broker_, 2, kStreaming);
  Arrivals arrivals(73, 2, kStart, 30);
  job.ProduceAll(arrivals.NextAndMark(40));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  const Frozen frozen(ChildrenOf(job.process().pid()));
  Peer second(job, 0);
  job.process().Kill();
  EXPECT_TRUE(Eventually([&] { return !second.Run().empty(); }, seconds(10))) << "the lock was not let go";
  job.ProduceAll(arrivals.NextAndMark(40));
  EXPECT_TRUE(second.HasClosed(kStart + 75));
  EXPECT_EQ(Describe(second.Drain().value_or(ExitStatus{})), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobTakeover, WhoIsStartedWhileTheFirstIsDrainedWaitsForItsEndAndGoesOn) {
  Job job(broker_, 2, kStreaming);
  Arrivals arrivals(74, 2, kStart, 30);
  job.ProduceAll(arrivals.NextAndMark(40));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  // A worker that has nothing more to say makes the drain last as long as the writer waits for it.
  const Frozen frozen({job.WorkerPid(1)});
  job.process().Signal(SIGTERM);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Text("state") == "draining"; }));
  Peer second(job, 0);
  EXPECT_TRUE(Eventually([&] { return HearsSigterm(second.process().pid()); }));
  EXPECT_TRUE(second.Run().empty());
  EXPECT_TRUE(job.process().IsRunning()) << "the drain was over before the second one began to wait";
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 0");
  job.ProduceAll(arrivals.NextAndMark(40));
  EXPECT_TRUE(second.HasClosed(kStart + 75));
  EXPECT_EQ(Describe(second.Drain().value_or(ExitStatus{})), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
