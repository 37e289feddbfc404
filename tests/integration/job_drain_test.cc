// Asked to stop, at whatever moment: it ends with 0 within ten seconds, and the next start goes on exactly.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>

#include "tests/support/arrivals.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/peer.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244405;
constexpr CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

class JobDrain : public testing::Test {
 protected:
  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobDrain, EndsWithinTenSecondsWhereverInATransactionTheWriterStandsStill) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  // All at the same time: each is cut off after eight seconds.
  std::vector<std::unique_ptr<Job>> jobs;
  for (const char* point :
       {"writer.claiming", "writer.records_produced*2", "writer.offsets_sent", "writer.offsets_sent*2"}) {
    Job& job = *jobs.emplace_back(std::make_unique<Job>(broker_, 2, kStreaming));
    job.ProduceAll(Arrivals(81, 2, kStart, 30).NextAndMark(40));
    const std::filesystem::path stopped = job.File("stopped");
    job.Start({}, {{"HEADCOUNT_STOP_POINT", point}, {"HEADCOUNT_STOP_ONCE", stopped.string()}});
    ASSERT_TRUE(Eventually([&] { return exists(stopped); })) << "nobody passed " << point;
  }
  const Clock::time_point asked = Clock::now();
  for (const auto& job : jobs) job->process().Signal(SIGTERM);
  for (const auto& job : jobs) EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_LT(Clock::now() - asked, seconds(10));
  for (const auto& job : jobs) job->Start({"--until-end"});
  for (const auto& job : jobs) {
    EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0");
    EXPECT_EQ(job->Published(), RightRecords(job->logs(), kRule));
  }
}

TEST_F(JobDrain, AtAnyMomentOfAStartEndsWithZeroAndChangesNothing) {
  Job job(broker_, 2, kStreaming);
  job.ProduceAll(Arrivals(82, 2, kStart, 30).NextAndMark(40));
  for (int start = 0; start < 6; ++start) {
    job.Start();
    ASSERT_TRUE(Eventually([&] { return HearsSigterm(job.process().pid()); }));
    // From before its first child to after its claim.
    Last(milliseconds(40 * start));
    const Clock::time_point asked = Clock::now();
    job.process().Signal(start % 2 == 0 ? SIGTERM : SIGINT);
    EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 0");
    EXPECT_LT(Clock::now() - asked, seconds(10));
  }
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobDrain, OfOneThatWaitsForTheFirstToEndIsDoneAtOnceAndLeavesTheFirstAlone) {
  Job job(broker_, 2, kStreaming);
  Arrivals arrivals(83, 2, kStart, 30);
  job.ProduceAll(arrivals.NextAndMark(40));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  for (const auto under : {Peer::Under::kNobody, Peer::Under::kSupervisor}) {
    Peer second(job, 0, under);
    ASSERT_TRUE(Eventually([&] {
      return HearsSigterm(second.process().pid()) && second.coordinator() > 0 && HearsSigterm(second.coordinator());
    }));
    const Clock::time_point asked = Clock::now();
    EXPECT_EQ(Describe(second.Drain().value_or(ExitStatus{})), "exit 0");
    EXPECT_LT(Clock::now() - asked, seconds(5)) << "it has waited for the lock";
  }
  job.ProduceAll(arrivals.NextAndMark(40));
  EXPECT_TRUE(job.Publishes(7));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobDrain, OfASupervisorWhoseChildHasNotBegunEndsWithZero) {
  const TempDir folder;
  // Hears no SIGTERM, as a program that is still being loaded.
  WriteFile(folder / "program", "#!/bin/sh\ntouch " + (folder / "begun").string() + "\nexec sleep 60\n");
  permissions(folder / "program", std::filesystem::perms::owner_all);
  ChildOptions options;
  options.environment = {{"HEADCOUNT_BIN", folder / "program"}};
  ChildProcess supervisor("bash", {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"}, options);
  ASSERT_TRUE(Eventually([&] { return exists(folder / "begun"); }));
  supervisor.Signal(SIGTERM);
  EXPECT_EQ(Describe(supervisor.Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_NE(supervisor.Err().find("signal=15"), std::string::npos) << supervisor.Err();
}

}  // namespace
}  // namespace headcount::test
