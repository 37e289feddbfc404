// A job that is asked to stop at random moments while frames arrive, and started again each time.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/fault/fault_table.h"
#include "tests/support/arrivals.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/peer.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr CountingRule kRule{10, 5, 5};

TEST(DrainFault, AtRandomMomentsEndsWithZeroWithinTenSecondsAndEveryMinuteIsRight) {
  const TestBroker broker = TestBroker::FromEnvironment();
  constexpr uint64_t kSeed = 401;
  constexpr uint64_t kDrains = 40;
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  Job job(broker, 4, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  Arrivals arrivals(kSeed, 4, 1468244405, 60);
  job.ProduceAll(arrivals.Next(10));
  for (uint64_t drain = 0; drain < kDrains; ++drain) {
    const auto under = drain % 3 == 0 ? Peer::Under::kSupervisor : Peer::Under::kNobody;
    Peer headcount(job, 0, under);
    ASSERT_TRUE(Eventually([&] { return HearsSigterm(headcount.process().pid()); }));
    const Clock::time_point ask_at = Clock::now() + milliseconds(random.Between(0, 1'200));
    while (Clock::now() < ask_at) job.ProduceAll(arrivals.Next(2));
    headcount.process().Signal(random.Chance(0.5) ? SIGTERM : SIGINT);
    const Clock::time_point asked = Clock::now();
    EXPECT_EQ(Describe(headcount.process().Wait().value_or(ExitStatus{})), "exit 0") << "drain " << drain;
    EXPECT_LT(Clock::now() - asked, seconds(10)) << "drain " << drain;
  }
  job.RunUntilEnd();
  const std::vector<std::string> published = job.Published();
  Report({"SIGTERM at a random moment, started again",
          kDrains,
          published.size(),
          Compare(published, RightRecords(job.logs(), kRule)),
          {}});
}

}  // namespace
}  // namespace headcount::test
