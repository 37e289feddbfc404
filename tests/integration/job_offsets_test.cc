// Where a start begins: what is committed, what somebody set by hand, --from, what retention took; and what is refused.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

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

  // The same in windows of ten seconds: 30 records each, in both partitions.
  static void ProduceTenSeconds(Job* job, int64_t first, int64_t end) {
    job->Produce(0, Seconds(kStart + first * 10, kStart + end * 10, 3, "a"));
    job->Produce(1, Seconds(kStart + first * 10, kStart + end * 10, 3, "b"));
  }
  static bool HasRead(const Job& job) {
    const auto all = static_cast<int64_t>(job.logs()[0].size() + job.logs()[1].size());
    return job.Shows([all](const JobStatus& s) { return s.Reached() == all; });
  }
  // What is right when these offsets of partition 1 were never there.
  static std::vector<std::string> RightWithout(const Job& job, int64_t from, int64_t to) {
    std::vector<OracleLog> logs = job.logs();
    logs[1].erase(logs[1].begin() + from, logs[1].begin() + to);
    return RightRecords(logs, kRule);
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
  const std::optional<int64_t> first_committed = job.Committed()[0].offset;
  ASSERT_GT(safe, 0);
  ASSERT_TRUE(first_committed);
  ProduceMinutes(&job, 3, 6);
  // The rest of the third minute and the whole fourth one of partition 1.
  constexpr int64_t kBegin = 4 * 60 * 3;
  broker_.DeleteRecords(job.input(), 1, kBegin);

  const std::vector<std::string> before = job.Published();
  const std::string range = "[" + std::to_string(safe) + ", " + std::to_string(kBegin) + ")";
  ExpectRefused(job.Run({"--until-end"}), {range, "partition 1", job.input(), "--on-lost-input=continue"});
  EXPECT_EQ(job.Published(), before);

  job.RunUntilEnd({"--on-lost-input=continue"});
  const std::optional<JobStatus> status = job.Status();
  EXPECT_EQ(status->Number("totals.lost"), kBegin - safe);
  const auto all = static_cast<int64_t>(job.logs()[0].size() + job.logs()[1].size());
  EXPECT_EQ(status->Number("totals.records") + status->Number("totals.lost"), all - *first_committed - safe)
      << "of what lay behind the committed offsets, every record is read or lost";
  EXPECT_NE(job.process().Err().find("removed offsets " + range), std::string::npos);
  std::vector<OracleLog> logs = job.logs();
  logs[1].erase(logs[1].begin() + safe, logs[1].begin() + kBegin);
  EXPECT_EQ(job.Published(), RightRecords(logs));
}

// The frames of the open windows are read, and then gone: only who must read them again finds out.
TEST_F(JobOffsets, ASafeOffsetThatRetentionTookWhileItRunsEndsTheJobOnceItIsNeeded) {
  Job job(broker_, 2, kStreaming);
  ProduceTenSeconds(&job, 0, 4);
  job.Start();
  ASSERT_TRUE(HasRead(job));
  ASSERT_TRUE(job.Publishes(3));
  const int64_t safe = job.Committed()[1].offset.value_or(-1);
  ASSERT_EQ(safe, 90);
  broker_.DeleteRecords(job.input(), 1, 100);
  kill(job.WorkerPid(1), SIGKILL);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  for (const std::string& word : {std::string("[90, 100)"), "partition 1 of topic " + job.input()}) {
    EXPECT_NE(job.process().Err().find(word), std::string::npos) << "no " << word << " in: " << job.process().Err();
  }
  EXPECT_EQ(job.Published().size(), 3U);
  job.RunUntilEnd({"--on-lost-input=continue"});
  EXPECT_EQ(job.Published(), RightWithout(job, 90, 100));
}

TEST_F(JobOffsets, ASafeOffsetThatRetentionTookWhileItRunsIsCountedAsLostIfItMayBe) {
  Job job(broker_, 2, kStreaming);
  ProduceTenSeconds(&job, 0, 4);
  job.Start({"--on-lost-input=continue"});
  ASSERT_TRUE(HasRead(job));
  ASSERT_TRUE(job.Publishes(3));
  broker_.DeleteRecords(job.input(), 1, 100);
  kill(job.WorkerPid(1), SIGKILL);
  // What it had counted of them is counted no more, as they are in no window now.
  EXPECT_TRUE(job.Shows([](const JobStatus& s) {
    return s.Number("totals.lost") == 10 && s.Number("totals.records") == 2 * 4 * 30 - 10;
  }));
  EXPECT_NE(job.process().Err().find("removed offsets [90, 100) of partition 1"), std::string::npos);
  ProduceTenSeconds(&job, 4, 6);
  EXPECT_TRUE(job.Publishes(5));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightWithout(job, 90, 100));
}

// A reader that is slower than retention: the worker is frozen while its next frames come and go.
TEST_F(JobOffsets, RetentionThatOvertakesAReaderEndsTheJobAndNamesWhatIsLost) {
  Job job(broker_, 2, kStreaming);
  ProduceTenSeconds(&job, 0, 4);
  job.Start();
  ASSERT_TRUE(HasRead(job));
  const pid_t worker = job.WorkerPid(1);
  kill(worker, SIGSTOP);
  ProduceTenSeconds(&job, 4, 8);
  broker_.DeleteRecords(job.input(), 1, 200);
  kill(worker, SIGCONT);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  // Some may have been on their way to it already.
  const std::string& err = job.process().Err();
  const size_t at = err.find("retention removed offsets [");
  ASSERT_NE(at, std::string::npos) << err;
  EXPECT_GE(std::stoll(err.substr(at + 27)), 120) << err;
  EXPECT_NE(err.find(", 200) of partition 1 of topic " + job.input(), at), std::string::npos) << err;
  const std::vector<std::string> published = job.Published();
  const std::vector<std::string> right = RightRecords(job.logs(), kRule);
  ASSERT_LT(published.size(), right.size());
  EXPECT_EQ(published,
            std::vector<std::string>(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(published.size())));
}

}  // namespace
}  // namespace headcount::test
