// Silences and deaths together: whatever verdicts a silence brings, every record gets exactly one, every minute is
// published once, and no death changes what was decided.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <set>

#include "tests/support/job_testing.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244400;

class JobChaos : public testing::Test {
 protected:
  static void ExpectOneVerdictForEveryRecord(const Job& job) {
    std::set<int64_t> minutes;
    int64_t verdicts = 0;
    for (const std::string& record : job.Published()) {
      EXPECT_TRUE(minutes.insert(WindowOf(record)).second) << "twice: " << record;
      for (const char* field : {"events", "late", "invalid", "future"}) verdicts += FieldOf(record, field);
    }
    int64_t records = 0;
    for (const OracleLog& log : job.logs()) records += static_cast<int64_t>(log.size());
    EXPECT_EQ(verdicts, records);
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobChaos, EveryRecordGetsOneVerdictThroughSilencesAndDeaths) {
  Job job(broker_, 4, {"--workers", "2", "--window", "10s", "--idle-timeout", "100ms"});
  const std::vector<OracleLog> logs = HostileLogs(51, 16'000, 4, 20);
  Random random(51);
  constexpr size_t kRounds = 12;
  for (size_t round = 0; round < kRounds; ++round) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kRounds);
      };
      job.Produce(static_cast<int32_t>(p), OracleLog(at(round), at(round + 1)));
      if (round == 0 && p == 3) job.Start();
    }
    ASSERT_TRUE(
        job.Shows([](const JobStatus& s) { return s.Text("state") == "running" && s.Number("writer.pid") > 0; }));
    switch (random.Below(4)) {
      case 0: kill(job.WorkerPid(static_cast<int32_t>(random.Below(2))), SIGKILL); break;
      case 1: kill(job.WriterPid(), SIGKILL); break;
      case 2:
        job.Kill();
        job.Start();
        break;
      default: break;
    }
  }
  job.Kill();
  job.RunUntilEnd();
  ExpectOneVerdictForEveryRecord(job);
}

TEST_F(JobChaos, MoreSilencesWithinOneOpenMinuteThanAreRememberedAreRepeatedByAReplay) {
  Job job(broker_, 2, {"--workers", "1", "--window", "1h", "--idle-timeout", "100ms", "--max-skew", "1h"});
  // The other partition holds the minute open: nobody knows what its transaction will bring.
  job.Produce(0, Seconds(kStart, kStart + 10, 5, "a"));
  job.Produce(1, Seconds(kStart, kStart + 10, 5, "b"));
  TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
  other.Begin();
  other.Produce(job.input(), 1, {Frame(kStart + 10, "c")});
  job.Start();
  // Each of these is too far ahead to be believed, and is believed when a silence follows.
  int64_t ts = kStart + 10;
  for (int silence = 0; silence < 30; ++silence) {
    ts += 20;
    job.Produce(0, {Frame(ts, "s" + std::to_string(silence))});
    // Where the machine is too slow for a silence here the test says less, and nothing wrong.
    const Clock::time_point later = Clock::now() + milliseconds(300);
    ASSERT_TRUE(Eventually([later] { return Clock::now() > later; }));
  }
  // After as many as the committed metadata can hold it reads no further before a commit makes room. These are
  // committed now; what was read without them is not.
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  const int64_t watermark = job.Status()->Partition(0, "watermark");
  EXPECT_GT(watermark, kStart + 10);
  job.Start();
  const auto stands = [&](int64_t restarts) {
    return job.Shows([&](const JobStatus& s) {
      return s.Worker(0, "restarts") == restarts && s.Partition(0, "watermark") == watermark;
    });
  };
  EXPECT_TRUE(stands(0));
  kill(job.WorkerPid(0), SIGKILL);
  EXPECT_TRUE(stands(1));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  other.Abort();
  job.RunUntilEnd();
  // What could not be read before the minute closed is late, by the rule; but it is there.
  ExpectOneVerdictForEveryRecord(job);
}

}  // namespace
}  // namespace headcount::test
