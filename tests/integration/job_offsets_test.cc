// Where a start begins: what is committed, what somebody set by hand, --from, what retention took; and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;

class JobOffsets : public testing::Test {
 protected:
  static void ExpectRefused(const Finished& finished, const std::vector<std::string>& words) {
    EXPECT_EQ(Describe(finished.status), "exit 78");
    for (const std::string& word : words) {
      EXPECT_NE(finished.err.find(word), std::string::npos) << "no \"" << word << "\" in: " << finished.err;
    }
  }
  // Of two partitions, minute by minute.
  static void ProduceMinutes(Job* job, int64_t first, int64_t end) {
    job->Produce(0, Seconds(kStart + first * 60, kStart + end * 60, 2, "a"));
    job->Produce(1, Seconds(kStart + first * 60, kStart + end * 60, 3, "b"));
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// --- Reset by hand --------------------------------------------------------------------------------------------

TEST_F(JobOffsets, OffsetsResetByHandPublishNoMinuteAgainAndAllLaterOnes) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 4);
  job.RunUntilEnd();
  const std::vector<std::string> before = job.Published();
  EXPECT_EQ(before, RightRecords(job.logs()));

  ProduceMinutes(&job, 4, 6);
  for (int32_t p = 0; p < 2; ++p) broker_.CommitPlain(job.group(), job.input(), p, 0);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));

  // Also with nothing new, and from the middle of a minute.
  for (int32_t p = 0; p < 2; ++p) broker_.CommitPlain(job.group(), job.input(), p, 100);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(JobOffsets, OffsetsResetByHandBeforeAnythingWasPublishedBeginThere) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 3);
  broker_.CommitPlain(job.group(), job.input(), 0, 120);
  broker_.CommitPlain(job.group(), job.input(), 1, 180);
  job.RunUntilEnd();
  std::vector<OracleLog> logs = job.logs();
  logs[0].erase(logs[0].begin(), logs[0].begin() + 120);
  logs[1].erase(logs[1].begin(), logs[1].begin() + 180);
  EXPECT_EQ(job.Published(), RightRecords(logs));
}

TEST_F(JobOffsets, OneOffsetResetByHandIsRefusedAndNothingChanges) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 2);
  job.RunUntilEnd();
  broker_.CommitPlain(job.group(), job.input(), 1, 0);
  ExpectRefused(job.Run({"--until-end"}), {"partition 1 of " + job.input(), "--reset-offsets", job.group()});
  EXPECT_EQ(job.Committed()[1].offset, 0);
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(JobOffsets, AnotherWindowThanTheCommittedOneIsRefused) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 2);
  job.RunUntilEnd();
  const std::vector<CommittedOffset> before = job.Committed();
  ExpectRefused(job.Run({"--until-end", "--window", "30s"}), {"60s", "30s", "--window"});
  EXPECT_EQ(job.Committed()[0].metadata, before[0].metadata);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(JobOffsets, MinutesWithoutCommittedOffsetsAreRefused) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 2);
  job.RunUntilEnd();
  job.UseGroup(TestBroker::UniqueName("another"));
  ExpectRefused(job.Run({"--until-end"}), {job.output(), "no committed offsets", "--output-topic"});
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(JobOffsets, MetadataThatIsNotOursIsRefused) {
  Job job(broker_, 1);
  job.Produce(0, Seconds(kStart, kStart + 60, 2, "a"));
  broker_.CommitPlain(job.group(), job.input(), 0, 5, "somebody else's");
  ExpectRefused(job.Run({"--until-end"}), {"partition 0 of " + job.input()});
  EXPECT_TRUE(job.Published().empty());
}

// --- Again and again ------------------------------------------------------------------------------------------

TEST_F(JobOffsets, LeaveOpenRunAgainAndAgainOverAGrowingTopicPublishesEveryMinuteOnce) {
  Job job(broker_, 3, {"--workers", "2"});
  const std::vector<OracleLog> logs = HostileLogs(21, 12'000, 3, 12);
  constexpr size_t kRuns = 5;
  size_t published = 0;
  for (size_t run = 0; run < kRuns; ++run) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kRuns);
      };
      job.Produce(static_cast<int32_t>(p), OracleLog(at(run), at(run + 1)));
    }
    job.RunUntilEnd({"--leave-open"});
    const std::vector<std::string> records = job.Published();
    EXPECT_GT(records.size(), published);
    published = records.size();
    const std::vector<std::string> right = RightRecords(logs);
    ASSERT_LT(published, right.size());
    EXPECT_EQ(records, std::vector<std::string>(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(published)));
  }
  job.RunUntilEnd({"--leave-open"});
  EXPECT_EQ(job.Published().size(), published);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(logs));
}

TEST_F(JobOffsets, FromLatestAndFromATimeMatterOnlyWhereNothingIsCommitted) {
  Job latest(broker_, 2);
  ProduceMinutes(&latest, 0, 2);
  latest.RunUntilEnd({"--from", "latest", "--leave-open"});
  EXPECT_TRUE(latest.Published().empty());
  EXPECT_EQ(latest.Committed()[0].offset, 240);
  ProduceMinutes(&latest, 2, 4);
  latest.RunUntilEnd({"--from", "earliest"});
  std::vector<OracleLog> logs = latest.logs();
  logs[0].erase(logs[0].begin(), logs[0].begin() + 240);
  logs[1].erase(logs[1].begin(), logs[1].begin() + 360);
  EXPECT_EQ(latest.Published(), RightRecords(logs));
}

TEST_F(JobOffsets, FromATimeBeginsAtTheFirstRecordThatKafkaStampedThen) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 2);
  const int64_t time_s = NowS() + 1;
  ASSERT_TRUE(Eventually([time_s] { return NowS() >= time_s; }));
  ProduceMinutes(&job, 2, 4);
  job.RunUntilEnd({"--from", std::to_string(time_s)});
  std::vector<OracleLog> logs = job.logs();
  logs[0].erase(logs[0].begin(), logs[0].begin() + 240);
  logs[1].erase(logs[1].begin(), logs[1].begin() + 360);
  EXPECT_EQ(job.Published(), RightRecords(logs));
}

// --- Lost input -----------------------------------------------------------------------------------------------

TEST_F(JobOffsets, RecordsThatRetentionTookAreAnErrorThatNamesThemOrAreCountedAsLost) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 3);
  job.RunUntilEnd({"--leave-open"});
  const int64_t safe = job.Committed()[1].offset.value_or(-1);
  ASSERT_GT(safe, 0);
  ProduceMinutes(&job, 3, 6);
  // The rest of the third minute and the whole fourth one of partition 1.
  constexpr int64_t kBegin = 4 * 60 * 3;
  broker_.DeleteRecords(job.input(), 1, kBegin);

  const std::vector<std::string> before = job.Published();
  const std::string range = "[" + std::to_string(safe) + ", " + std::to_string(kBegin) + ")";
  ExpectRefused(job.Run({"--until-end"}), {range, "partition 1", job.input(), "--on-lost-input=continue"});
  EXPECT_EQ(job.Published(), before);

  job.RunUntilEnd({"--on-lost-input=continue"});
  EXPECT_EQ(job.Status()->Number("totals.lost"), kBegin - safe);
  std::vector<OracleLog> logs = job.logs();
  logs[1].erase(logs[1].begin() + safe, logs[1].begin() + kBegin);
  EXPECT_EQ(job.Published(), RightRecords(logs));
}

}  // namespace
}  // namespace headcount::test
