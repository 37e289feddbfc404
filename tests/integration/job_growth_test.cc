// Partitions added to the topic: read from their beginning, by workers that are there for them, losing nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244400;
constexpr CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "3", "--window", "10s", "--idle-timeout", "1h"};

class JobGrowth : public testing::Test {
 protected:
  // What is right where partitions 2 and up came when everything before `closed_frontier_s` was closed.
  static std::vector<std::string> RightWithLatecomers(const Job& job, int64_t closed_frontier_s) {
    std::vector<OraclePartition> partitions(job.logs().size(), OraclePartition(kRule));
    std::vector<const OraclePartition*> all;
    for (size_t p = 0; p < partitions.size(); ++p) {
      if (p >= 2) partitions[p].RaiseClock(closed_frontier_s);
      for (const auto& value : job.logs()[p]) partitions[p].Record(value);
      partitions[p].End(NowS());
      all.push_back(&partitions[p]);
    }
    return RecordsOf(OracleUnion(all), kRule);
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobGrowth, NewPartitionsAreNoticedWithinFiveSecondsAndReadFromTheirBeginningByNewWorkers) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 60, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 60, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 50));
  ASSERT_EQ(job.Status()->Count("partitions"), 2U);
  EXPECT_EQ(job.Status()->Worker(2, "pid"), 0);

  job.Grow(5);
  const Clock::time_point grown = Clock::now();
  // The first of these frames belong to minutes that are out: they are late, and counted as that.
  for (int32_t p = 2; p < 5; ++p) {
    job.Produce(p, Seconds(kStart + 40, kStart + 80, 3, std::string(1, static_cast<char>('a' + p))));
  }
  EXPECT_TRUE(Eventually(
      [&] { return job.process().Err().find("the topic has grown from 2 to 5 partitions") != std::string::npos; }));
  EXPECT_LT(Clock::now() - grown, seconds(5));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Count("partitions") == 5; }));
  EXPECT_TRUE(
      job.Shows([](const JobStatus& s) { return s.Worker(2, "pid") > 0 && s.Partition(4, "position") == 120; }));
  EXPECT_EQ(job.Status()->Partition(3, "worker"), 0);

  // They hold the clock like the others.
  job.Produce(0, Seconds(kStart + 60, kStart + 120, 3, "a"));
  job.Produce(1, Seconds(kStart + 60, kStart + 120, 3, "b"));
  EXPECT_TRUE(job.HasClosed(kStart + 70));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightWithLatecomers(job, kStart + 50));
}

TEST_F(JobGrowth, PartitionsAddedWhileItIsDownAreReadFromTheirBeginningToo) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 60, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 60, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 50));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.Grow(5);
  for (int32_t p = 2; p < 5; ++p) {
    job.Produce(p, Seconds(kStart + 40, kStart + 80, 3, std::string(1, static_cast<char>('a' + p))));
  }
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightWithLatecomers(job, kStart + 50));
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightWithLatecomers(job, kStart + 50));
}

TEST_F(JobGrowth, NothingIsPublishedBeforeTheNewPartitionIsReadAndWhatItHeldByThenCounts) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 60, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 60, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 50));
  // Nobody looks for new partitions while the writer stands still.
  auto writer = std::make_unique<Frozen>(std::vector<pid_t>{job.WriterPid()});
  job.Grow(3);
  // What it holds cannot be read yet, and it is not empty either: its producer has not said how the transaction ends.
  const OracleLog late_to_be_seen = Seconds(kStart + 50, kStart + 120, 3, "c");
  TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
  other.Begin();
  other.Produce(job.input(), 2, late_to_be_seen);
  writer->Wake();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) {
    return s.Count("partitions") == 3 && s.Worker(2, "pid") > 0 && s.Partition(2, "position") == 0;
  }));
  // The old ones alone would let six more windows close.
  job.Produce(0, Seconds(kStart + 60, kStart + 120, 3, "a"));
  job.Produce(1, Seconds(kStart + 60, kStart + 120, 3, "b"));
  EXPECT_TRUE(job.Shows([](const JobStatus& s) {
    return s.Partition(0, "position") == 360 && s.Partition(1, "position") == 360 &&
           s.Partition(0, "watermark") == kStart + 119 && s.Partition(1, "watermark") == kStart + 119;
  }));
  EXPECT_EQ(job.Status()->Number("clock.closed_upto"), kStart + 50);
  EXPECT_EQ(job.Published().size(), 5U);
  other.Commit();
  EXPECT_TRUE(job.HasClosed(kStart + 110));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  const OracleCounts right = OracleCount({job.logs()[0], job.logs()[1], late_to_be_seen}, kRule, NowS());
  EXPECT_EQ(right.totals.late, 0U);
  EXPECT_EQ(job.Published(), RecordsOf(right, kRule));
}

TEST_F(JobGrowth, ADeathOfAnyoneJustAfterTheGrowthChangesNothing) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 60, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 60, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 50));
  job.Grow(5);
  for (int32_t p = 2; p < 5; ++p) {
    job.Produce(p, Seconds(kStart + 40, kStart + 80, 3, std::string(1, static_cast<char>('a' + p))));
  }
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Count("partitions") == 5 && s.Worker(2, "pid") > 0; }));
  kill(job.WorkerPid(0), SIGKILL);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Worker(0, "restarts") == 1 && s.Reached() == 720; }));
  kill(job.WriterPid(), SIGKILL);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) {
    return s.Number("writer.restarts") == 1 && s.Count("partitions") == 5 && s.Reached() == 720;
  }));
  job.Kill();
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightWithLatecomers(job, kStart + 50));
}

}  // namespace
}  // namespace headcount::test
