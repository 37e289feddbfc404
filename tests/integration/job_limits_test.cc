// Jobs that come to a bound: of memory, of partitions that share the work unevenly.
#include <gtest/gtest.h>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

class JobLimits : public testing::Test {
 protected:
  // `users` different ones in each window of ten seconds.
  static OracleLog Windows(int64_t first, int64_t end, int users, const std::string& who) {
    OracleLog log;
    for (int64_t window = first; window < end; ++window) {
      for (int i = 0; i < users; ++i) {
        log.push_back(Frame(kStart + window * 10 + i * 10 / users, who + std::to_string(i)));
      }
    }
    return log;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobLimits, TooLittleMemoryEndsTheJobWithNothingWrongPublishedAndMoreOfItGoesOn) {
  Job job(broker_, 2, {"--workers", "2", "--window", "10s"});
  // Some small windows, then ones that no megabyte holds.
  for (int32_t p = 0; p < 2; ++p) {
    const std::string who(1, static_cast<char>('a' + p));
    job.Produce(p, Windows(0, 3, 100, who));
    job.Produce(p, Windows(3, 5, 40'000, who));
  }
  const Finished full = job.Run({"--until-end", "--memory", "1MiB"});
  EXPECT_EQ(Describe(full.status), "exit 78");
  EXPECT_NE(full.err.find("1 MiB of memory: nothing wrong was published; start again with a bigger --memory"),
            std::string::npos);
  EXPECT_EQ(job.Status()->Text("state"), "failed");
  const std::vector<std::string> right = RightRecords(job.logs(), kRule);
  const std::vector<std::string> published = job.Published();
  ASSERT_LT(published.size(), right.size());
  EXPECT_EQ(published,
            std::vector<std::string>(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(published.size())));
  job.RunUntilEnd({"--memory", "16MiB"});
  EXPECT_EQ(job.Published(), right);
}

// One partition is an hour ahead of the other, by a --max-skew that lets it, and has many times what the slice holds.
// At three quarters the worker reads only the one behind, whose frames let windows close.
TEST_F(JobLimits, ASliceThatIsNearlyFullReadsOnlyThePartitionThatIsBehind) {
  constexpr uint64_t kMemory = uint64_t{1} << 20;
  constexpr int64_t kWindows = 80;
  Job job(broker_, 2, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h", "--max-skew", "2h"});
  job.Produce(0, Windows(0, 1, 20, "slow"));
  job.Produce(1, Windows(0, kWindows, 700, "fast"));  // 16 KiB or more a window
  job.Start({"--memory", "1MiB"});
  ASSERT_TRUE(job.Shows(
      [](const JobStatus& s) { return static_cast<uint64_t>(s.Worker(0, "memory_bytes")) > kMemory / 4 * 3; }));
  const int64_t stands_at = job.Status()->Partition(1, "position");
  EXPECT_LT(stands_at, static_cast<int64_t>(job.logs()[1].size()));
  // Frame by frame the one behind catches up, and what the other one does not read is still there.
  job.Produce(0, Windows(1, 20, 20, "slow"));
  ASSERT_TRUE(job.Publishes(18));
  EXPECT_TRUE(job.Shows([&](const JobStatus& s) { return s.Partition(1, "position") > stands_at; }));
  EXPECT_LT(job.Status()->Partition(1, "position"), static_cast<int64_t>(job.logs()[1].size()));
  job.Produce(0, Windows(20, kWindows, 20, "slow"));
  ASSERT_TRUE(job.Publishes(kWindows - 1));
  EXPECT_EQ(job.Status()->Worker(0, "restarts"), 0);
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobLimits, OnePartitionMayHoldAllTheDataOfMany) {
  Job job(broker_, 8, {"--workers", "4", "--window", "10s"});
  const OracleLog all = HostileLogs(77, 12'000, 1, 6)[0];
  job.Produce(5, all);
  job.ExpectExactInTheEnd(kRule);
  EXPECT_EQ(job.Status()->Number("totals.records"), static_cast<int64_t>(all.size()));
}

// --- What the output topic takes ------------------------------------------------------------------------------

// A minute's record has about 200 bytes, and 70 of framing.
class SmallTopic : public testing::TestWithParam<const char*> {
 protected:
  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_P(SmallTopic, IsFilledByABackfillInBatchesThatItTakes) {
  constexpr int64_t kMinutes = 3'000;
  Job job(broker_, 1, {"--workers", "1"}, {{"max.message.bytes", GetParam()}});
  OracleLog log;
  for (int64_t minute = 0; minute < kMinutes; ++minute) log.push_back(Frame(kStart + minute * 60, "a"));
  job.Produce(0, log);
  job.ExpectExactInTheEnd({});
  EXPECT_EQ(job.Published().size(), static_cast<size_t>(kMinutes));
}

INSTANTIATE_TEST_SUITE_P(Of, SmallTopic, testing::Values("65536", "400"),
                         [](const auto& tested) { return std::string(tested.param) + "Bytes"; });

// The limit is lowered while the job runs: it has to learn that from a refusal.
TEST_F(JobLimits, ATopicThatTakesLessFromNowOnIsServedInSmallerBatches) {
  Job job(broker_, 1, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h"});
  job.Produce(0, Windows(0, 3, 10, "a"));
  job.Start();
  ASSERT_TRUE(job.Publishes(1));
  broker_.SetTopic(job.output(), "max.message.bytes", "400");
  job.Produce(0, Windows(3, 300, 10, "a"));
  EXPECT_TRUE(job.HasClosed(kStart + 2'900, std::chrono::seconds(60)));
  const std::string err = job.process().Err();
  EXPECT_NE(err.find("from now on a batch has 400 bytes at most"), std::string::npos);
  EXPECT_EQ(job.Status()->Number("writer.restarts"), 0);
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobLimits, ARecordThatIsTooLargeForTheTopicEndsTheJobAndSaysWhatToType) {
  Job job(broker_, 1, {"--workers", "1", "--window", "10s"}, {{"max.message.bytes", "200"}});
  job.Produce(0, Windows(0, 3, 10, "a"));
  const Finished refused = job.Run({"--until-end"});
  EXPECT_EQ(Describe(refused.status), "exit 78");
  for (const std::string& word :
       {"topic " + job.output() + " refuses a record alone", std::string("max.message.bytes of the topic is 200"),
        "kafka-configs.sh --bootstrap-server " + broker_.bootstrap_server() + " --alter --entity-type topics " +
            "--entity-name " + job.output() + " --add-config max.message.bytes=1024"}) {
    EXPECT_NE(refused.err.find(word), std::string::npos) << word << " in: " << refused.err;
  }
  EXPECT_TRUE(job.Published().empty());
  broker_.SetTopic(job.output(), "max.message.bytes", "1024");
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
