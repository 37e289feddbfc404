// When a minute is published while the job goes on for ever: as soon as it can be right, and not before.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244400;  // a boundary of every window used here
constexpr CountingRule kRule{2, 1, 1};

Arguments Streaming(const Arguments& more) {
  Arguments words = {"--workers", "2", "--window", "2s", "--allowed-lateness", "1s"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class JobStreaming : public testing::Test {
 protected:
  // The records of the windows that end by `upto`, had no silence been seen.
  static std::vector<std::string> RightUpTo(const Job& job, int64_t frontier_s) {
    std::vector<std::string> records = RightRecords(job.logs(), kRule);
    records.erase(
        std::remove_if(records.begin(), records.end(),
                       [frontier_s](const std::string& r) { return WindowOf(r) + kRule.window_s > frontier_s; }),
        records.end());
    return records;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobStreaming, AMinuteIsPublishedWhenTheSlowestPartitionAllowsItAndNotBefore) {
  Job job(broker_, 3, Streaming({"--idle-timeout", "1h"}));
  job.Produce(0, Seconds(kStart, kStart + 40, 5, "a"));
  job.Produce(1, Seconds(kStart, kStart + 30, 5, "b"));
  job.Produce(2, Seconds(kStart, kStart + 20, 5, "c"));
  job.Start();
  // The slowest stands at +19: with a second of lateness the window that ends at +18 is complete.
  EXPECT_TRUE(job.HasClosed(kStart + 18));
  EXPECT_EQ(job.Published(), RightUpTo(job, kStart + 18));
  EXPECT_EQ(job.Status()->Number("clock.closed_upto"), kStart + 18);
  EXPECT_EQ(job.Status()->Number("clock.held_by.0.partition"), 2);

  job.Produce(2, Seconds(kStart + 20, kStart + 50, 5, "c"));
  EXPECT_TRUE(job.HasClosed(kStart + 28));
  EXPECT_EQ(job.Published(), RightUpTo(job, kStart + 28));
  EXPECT_EQ(job.Status()->Number("clock.held_by.0.partition"), 1);

  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  EXPECT_EQ(job.Published(), RightUpTo(job, kStart + 28));
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobStreaming, TheLastMinuteOfTheNightAppearsByTheWallClock) {
  Job job(broker_, 2, Streaming({"--idle-timeout", "1s"}));
  const int64_t last = NowS();
  job.Produce(0, Seconds(last - 8, last + 1, 5, "a"));
  job.Produce(1, Seconds(last - 7, last, 5, "b"));
  job.Start();
  const int64_t end = last - last % 2 + 2;
  EXPECT_TRUE(job.HasClosed(end));
  EXPECT_GE(NowS(), end + 1);
  EXPECT_LE(NowS(), end + 12);
  EXPECT_EQ(job.Status()->Idle(0), "silent");
  EXPECT_EQ(job.Status()->Idle(1), "silent");
  EXPECT_EQ(job.Published(), RightRecords(job.logs(), kRule));
}

TEST_F(JobStreaming, ASilentPartitionHoldsTheClockNoLongerThanTheIdleTimeout) {
  Job job(broker_, 2, Streaming({"--idle-timeout", "1s"}));
  job.Produce(0, Seconds(kStart, kStart + 6, 10, "a"));
  job.Produce(1, Seconds(kStart, kStart + 4, 10, "b"));
  job.Start();
  // The other one goes on, a second of event time after another.
  int64_t ts = kStart + 6;
  std::optional<Clock::time_point> read;
  ASSERT_TRUE(Eventually([&] {
    job.Produce(0, Seconds(ts, ts + 1, 10, "a"));
    ++ts;
    const std::optional<JobStatus> status = job.Status();
    if (!status || status->Count("partitions") < 2) return false;
    if (!read && status->Partition(1, "position") == static_cast<int64_t>(job.logs()[1].size())) read = Clock::now();
    return status->Idle(1) == "silent" && status->Number("clock.closed_upto") >= kStart + 8;
  }));
  EXPECT_LT(Clock::now() - *read, seconds(6));
  EXPECT_EQ(job.Status()->Idle(0), "");
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobStreaming, APartitionThatIsEmptyHoldsNothingUntilItsFirstFrameComes) {
  Job job(broker_, 3, Streaming({"--idle-timeout", "1h"}));
  job.Produce(0, Seconds(kStart, kStart + 10, 5, "a"));
  job.Produce(1, Seconds(kStart, kStart + 10, 5, "b"));
  job.Start();
  EXPECT_TRUE(job.HasClosed(kStart + 8));
  EXPECT_EQ(job.Status()->Idle(2), "empty");
  EXPECT_EQ(job.Published(), RightUpTo(job, kStart + 8));

  // From its first frame on it holds the clock like any other.
  job.Produce(2, Seconds(kStart + 8, kStart + 16, 5, "c"));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Partition(2, "position") == 40; }));
  job.Produce(0, Seconds(kStart + 10, kStart + 30, 5, "a"));
  job.Produce(1, Seconds(kStart + 10, kStart + 30, 5, "b"));
  EXPECT_TRUE(job.HasClosed(kStart + 14));
  EXPECT_EQ(job.Published(), RightUpTo(job, kStart + 14));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobStreaming, APartitionOfInvalidFramesOnlyHoldsTheClockNoLongerThanTheIdleTimeoutAndAllAreCounted) {
  Job job(broker_, 2, Streaming({"--idle-timeout", "3s"}));
  job.Produce(0, Seconds(kStart, kStart + 6, 10, "a"));
  job.Produce(1, OracleLog(30, "no frame"));
  job.Start();
  int64_t ts = kStart + 6;
  ASSERT_TRUE(Eventually([&] {
    // Such records come all the time, and do not make it less silent.
    job.Produce(0, Seconds(ts, ts + 1, 10, "a"));
    job.Produce(1, OracleLog(1, "no frame"));
    ++ts;
    const std::optional<JobStatus> status = job.Status();
    return status && status->ClosedUpto() >= kStart + 10;
  }));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  const std::vector<std::string> published = job.Published();
  int64_t invalid = 0;
  int64_t events = 0;
  for (const std::string& record : published) {
    invalid += FieldOf(record, "invalid");
    events += FieldOf(record, "events");
    EXPECT_EQ(FieldOf(record, "late"), 0) << record;
    EXPECT_EQ(FieldOf(record, "future"), 0) << record;
    EXPECT_EQ(FieldOf(record, "unique_users"), FieldOf(record, "events") == 0 ? 0 : 10) << record;
  }
  EXPECT_EQ(events, static_cast<int64_t>(job.logs()[0].size()));
  EXPECT_EQ(invalid, static_cast<int64_t>(job.logs()[1].size()));
}

TEST_F(JobStreaming, AnOpenInputTransactionHoldsTheClockAndWhatItCommitsIsCounted) {
  Job job(broker_, 2, Streaming({"--idle-timeout", "500ms"}));
  TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
  job.Produce(0, Seconds(kStart, kStart + 10, 10, "a"));
  job.Produce(1, Seconds(kStart, kStart + 4, 10, "b"));
  const std::vector<std::string> before = RightUpTo(job, kStart + 2);
  const OracleLog open = Seconds(kStart + 4, kStart + 10, 10, "b");
  other.Begin();
  other.Produce(job.input(), 1, open);
  job.Start();
  // The one whose end can be read is found silent. The other is not, and holds the clock where it stands.
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Count("partitions") == 2 && s.Idle(0) == "silent"; }));
  const Clock::time_point later = Clock::now() + seconds(2);
  ASSERT_TRUE(Eventually([&] { return Clock::now() > later; }));
  EXPECT_EQ(job.Status()->Idle(1), "");
  EXPECT_EQ(job.Status()->Partition(1, "position"), 40);
  EXPECT_EQ(job.Published(), before);

  other.Commit();
  EXPECT_TRUE(job.HasClosed(kStart + 8));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  OracleLog all = job.logs()[1];
  all.insert(all.end(), open.begin(), open.end());
  EXPECT_EQ(job.Published(), RightRecords({job.logs()[0], all}, kRule));
}

TEST_F(JobStreaming, AnAbortedInputTransactionIsNotCountedAndHoldsNothing) {
  Job job(broker_, 2, Streaming({"--idle-timeout", "500ms"}));
  TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
  other.Begin();
  other.Produce(job.input(), 1, Seconds(kStart, kStart + 10, 10, "b"));
  other.Abort();
  job.Produce(0, Seconds(kStart, kStart + 10, 10, "a"));
  job.Start();
  EXPECT_TRUE(job.HasClosed(kStart + 10));  // all silent: by the wall clock
  EXPECT_EQ(job.Published(), RightRecords({job.logs()[0]}, kRule));
}

TEST_F(JobStreaming, WithMaxHoldAProducerThatIsADayBehindDoesNotHoldBackTheOthers) {
  Job job(broker_, 2, Streaming({"--idle-timeout", "1h", "--max-hold", "1s", "--max-skew", "1h"}));
  job.Produce(0, Seconds(kStart, kStart + 100, 5, "a"));
  job.Produce(1, Seconds(kStart, kStart + 4, 5, "b"));
  job.Start();
  EXPECT_TRUE(job.HasClosed(kStart + 98));
  EXPECT_EQ(job.Status()->Idle(1), "max_hold");
  EXPECT_EQ(job.Published(), RightUpTo(job, kStart + 98));

  // What it sends now is late; its minutes are out.
  job.Produce(1, Seconds(kStart + 4, kStart + 10, 5, "b"));
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.late") == 30; }));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  OraclePartition ahead(kRule);
  OraclePartition behind(kRule);
  for (const auto& value : job.logs()[0]) ahead.Record(value);
  for (size_t i = 0; i < 20; ++i) behind.Record(job.logs()[1][i]);
  behind.End(NowS());
  behind.RaiseClock(kStart + 98);
  for (size_t i = 20; i < 50; ++i) behind.Record(job.logs()[1][i]);
  behind.End(NowS());
  ahead.End(NowS());
  EXPECT_EQ(job.Published(), RecordsOf(OracleUnion({&ahead, &behind}), kRule));
}

TEST_F(JobStreaming, LiveFramesAreCountedWhileTheyArrive) {
  constexpr CountingRule kPatient{2, 3, 3};
  Job job(broker_, 4, {"--workers", "2", "--window", "2s", "--allowed-lateness", "3s", "--idle-timeout", "5s"});
  ChildProcess generator(
      HEADCOUNT_BINARY_DIR "/headcount-generate",
      {"-b", broker_.bootstrap_server(), "--topic", job.input(), "--live", "--rate", "2000", "--users", "500"});
  // Empty partitions would follow the wall clock, and the first frames may be seconds old when they arrive.
  for (int32_t p = 0; p < 4; ++p) {
    ASSERT_TRUE(Eventually([&] { return broker_.Ends(job.input(), p).second > 0; }));
  }
  job.Start();
  EXPECT_TRUE(job.Publishes(3));
  generator.Signal(SIGTERM);
  EXPECT_EQ(Describe(generator.Wait().value_or(ExitStatus{})), "exit 0") << generator.Err();
  std::vector<OracleLog> logs(4);
  for (const KafkaRecord& record : broker_.ReadAll(job.input())) {
    logs[static_cast<size_t>(record.partition)].push_back(record.value);
  }
  const std::vector<std::string> right = RightRecords(logs, kPatient);
  EXPECT_TRUE(job.Publishes(right.size()));
  EXPECT_EQ(job.Published(), right);
}

}  // namespace
}  // namespace headcount::test
