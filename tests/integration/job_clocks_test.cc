// Clocks that are wrong while the job streams from Kafka: of this host, which a busy log never asks; of the producer
// of a whole partition; and partitions whose frames move no clock at all. All numbers are the oracle's.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "common/judge/commit_metadata.h"
#include "tests/support/job_testing.h"
#include "tests/support/random.h"
#include "tests/support/wall_clock_file.h"

namespace headcount::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr int64_t kStart = 1468244400;  // a boundary
constexpr int64_t kDayS = 86400;
constexpr CountingRule kRule;

int64_t Boundary(int64_t watermark_s) { return kRule.SealableBy(EventTime(watermark_s)).seconds(); }

class JobClocks : public testing::Test {
 protected:
  // What these partitions allow to be published before they end.
  static std::vector<std::string> RightSoFar(const std::vector<OracleLog>& logs) {
    std::vector<OraclePartition> partitions(logs.size(), OraclePartition(kRule));
    std::vector<const OraclePartition*> pointers;
    int64_t slowest = INT64_MAX;
    for (size_t p = 0; p < logs.size(); ++p) {
      for (const auto& value : logs[p]) partitions[p].Record(value);
      slowest = std::min(slowest, partitions[p].watermark().value_or(0));
      pointers.push_back(&partitions[p]);
    }
    return UpTo(Boundary(slowest), RecordsOf(OracleUnion(pointers)));
  }
  static std::vector<std::string> UpTo(int64_t boundary_s, std::vector<std::string> records) {
    const auto is_open = [boundary_s](const std::string& record) { return WindowOf(record) >= boundary_s; };
    records.erase(std::remove_if(records.begin(), records.end(), is_open), records.end());
    return records;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// --- This host ------------------------------------------------------------------------------------------------

// The frames are of this very hour, so that a program that asked the clock about them would be led astray.
TEST_F(JobClocks, ABusyLogIsCountedTheSameAndNobodyIsRestartedHoweverThisHostsClockIsStepped) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without test clocks";
#endif
  constexpr uint64_t kSeed = 81;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  constexpr size_t kRounds = 10;
  WallClockFile clock;
  Job job(broker_, 4, {"--workers", "2", "--idle-timeout", "1h"});
  const std::vector<OracleLog> logs = HostileLogs(kSeed, 8'000, 4, 10, (NowS() - 900) / 60 * 60);
  ChildOptions options;
  options.environment = {{"HEADCOUNT_BIN", HEADCOUNT_BINARY_DIR "/headcount"}, clock.environment()};
  Arguments words = {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"};
  for (std::string& word : job.Words()) words.push_back(std::move(word));
  std::optional<ChildProcess> supervisor;

  Random random(kSeed);
  for (size_t round = 0; round < kRounds; ++round) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kRounds);
      };
      job.Produce(static_cast<int32_t>(p), OracleLog(at(round), at(round + 1)));
    }
    // Not before there are frames in every partition: a start takes one without any for idle.
    if (!supervisor) supervisor.emplace("bash", words, options);
    clock.RunsAheadBy(round % 2 == 0 ? hours(random.Between(1, 20'000)) : hours(random.Between(-20'000, -1)));
    const std::vector<std::string> right = RightSoFar(job.logs());
    ASSERT_TRUE(Eventually([&] { return job.Published().size() >= right.size(); })) << supervisor->Err();
    EXPECT_EQ(job.Published(), right);
  }
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Reached() == 8'000; }));
  const std::optional<JobStatus> status = job.Status();
  EXPECT_EQ(status->Text("state"), "running");
  EXPECT_EQ(status->Number("writer.generation"), 1);
  EXPECT_EQ(status->Worker(0, "generation"), 1);
  EXPECT_EQ(status->Worker(1, "generation"), 1);
  const auto asked = std::chrono::steady_clock::now();
  supervisor->Signal(SIGTERM);
  EXPECT_EQ(Describe(supervisor->Wait().value_or(ExitStatus{})), "exit 0") << supervisor->Err();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, seconds(10));
  EXPECT_EQ(supervisor->Err().find("action=restart"), std::string::npos) << supervisor->Err();
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

// --- A producer that is a day behind --------------------------------------------------------------------------

TEST_F(JobClocks, APartitionADayBehindTheOthersHoldsTheClockUntilItIsUpToDateAndNothingIsLost) {
  Job job(broker_, 2, {"--workers", "2", "--idle-timeout", "1h"});
  job.Produce(0, Seconds(kStart + kDayS, kStart + kDayS + 180, 5, "a"));
  job.Produce(1, Seconds(kStart, kStart + 180, 5, "b"));
  job.Start();
  // Only its own minutes are published: the other one is not even read beyond its first.
  ASSERT_TRUE(job.HasClosed(kStart + 120));
  EXPECT_EQ(job.Published(), RightSoFar(job.logs()));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Text("partitions.0.state") == "ahead"; }));
  EXPECT_LT(job.Status()->Partition(0, "position"), 900);
  EXPECT_EQ(job.Status()->Number("clock.held_by.0.partition"), 1);
  EXPECT_EQ(job.Status()->Number("clock.closed_upto"), kStart + 120);

  job.Produce(1, Seconds(kStart + kDayS, kStart + kDayS + 170, 5, "b"));
  ASSERT_TRUE(job.HasClosed(kStart + kDayS + 120));
  EXPECT_EQ(job.Published(), RightSoFar(job.logs()));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(JobClocks, WithMaxHoldWhatComesADayBehindIsLateAndWhatComesInTimeAfterwardsIsCounted) {
  Job job(broker_, 2, {"--workers", "2", "--idle-timeout", "1h", "--max-hold", "1s"});
  job.Produce(0, Seconds(kStart + kDayS, kStart + kDayS + 180, 5, "a"));
  job.Produce(1, Seconds(kStart, kStart + 180, 5, "b"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + kDayS + 120));
  EXPECT_EQ(job.Status()->Idle(1), "max_hold");
  const size_t raised = job.logs()[1].size();

  job.Produce(1, Seconds(kStart + 180, kStart + 240, 5, "b"));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.late") == 300; }));
  // Both at once, or the first to come would hold the other up.
  TransactionalProducer both(broker_, TestBroker::UniqueName("both"));
  both.Begin();
  const OracleLog in_time = Seconds(kStart + kDayS + 180, kStart + kDayS + 300, 5, "c");
  for (const int32_t p : {0, 1}) both.Produce(job.input(), p, in_time);
  both.Commit();
  ASSERT_TRUE(job.HasClosed(kStart + kDayS + 240));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();

  std::vector<OracleLog> logs = job.logs();
  OraclePartition ahead(kRule);
  OraclePartition behind(kRule);
  for (OracleLog& log : logs) log.insert(log.end(), in_time.begin(), in_time.end());
  for (const auto& value : logs[0]) ahead.Record(value);
  for (size_t i = 0; i < logs[1].size(); ++i) {
    if (i == raised) behind.RaiseClock(kStart + kDayS + 120);
    behind.Record(logs[1][i]);
  }
  const std::vector<std::string> right = RecordsOf(OracleUnion({&ahead, &behind}));
  EXPECT_EQ(job.Published(), right);
  ASSERT_EQ(right.size(), 8U);
  EXPECT_EQ(FieldOf(right[5], "late"), 300);
  EXPECT_EQ(FieldOf(right[7], "unique_users"), 5);
}

// --- Partitions that move no clock ----------------------------------------------------------------------------

struct Useless {
  const char* name;
  int64_t first_frames;                           // right ones, before all else
  std::optional<std::string> (*record)(int64_t);  // one after another, for ever
};

class JobUselessPartition : public JobClocks, public testing::WithParamInterface<Useless> {
 protected:
  void SetUp() override {
#ifndef HEADCOUNT_CRASH_POINTS
    GTEST_SKIP() << "built without test clocks";
#endif
  }
  // Every move that raised the partition's clock, as long as each commit is looked at: by offset.
  static void CollectDecisions(const Job& job, std::map<int64_t, Decision>* decisions) {
    const Result<CommitMetadata> point = ParseCommitMetadata(job.Committed()[1].metadata);
    ASSERT_TRUE(point.ok());
    for (const Decision& move : point->safe.decisions) {
      if (move.passed_frontier.is_set()) (*decisions)[move.offset.value()] = move;
    }
  }
  static bool HasCommitted(const Job& job, int64_t boundary_s) {
    for (const CommittedOffset& committed : job.Committed()) {
      const Result<CommitMetadata> point = ParseCommitMetadata(committed.metadata);
      if (!point || point->header.closed_frontier < WindowStart(boundary_s)) return false;
    }
    return true;
  }
};

TEST_P(JobUselessPartition, HoldsNothingUpOnceItIsIdleAndEveryRecordOfItIsAccountedFor) {
  WallClockFile clock;
  clock.StandsAt(kStart + 7);
  Job job(broker_, 2, {"--workers", "2", "--idle-timeout", "300ms"});
  if (GetParam().first_frames > 0)
    job.Produce(1, OracleLog(static_cast<size_t>(GetParam().first_frames), Frame(kStart, "b")));
  // However few of these are read at once, their clock allows one boundary a minute, and that is a commit to look at.
  job.Produce(0, Seconds(kStart + 5, kStart + 7, 35, "a"));
  int64_t given = 0;
  const auto give_one = [&] { job.Produce(1, {GetParam().record(given++)}); };
  give_one();
  job.Start({}, {clock.environment()});
  std::map<int64_t, Decision> decisions;
  for (int64_t minute = 0; minute < 3; ++minute) {
    const int64_t now = kStart + 60 * minute + 7;
    clock.StandsAt(now);
    if (minute > 0) job.Produce(0, Seconds(now - 2, now, 35, "a"));
    // It is never quiet, and what it says changes nothing.
    ASSERT_TRUE(Eventually([&] {
      give_one();
      // Before the first minute there is nothing that could be closed.
      return minute > 0 ? HasCommitted(job, kStart + 60 * minute)
                        : job.Status().has_value() && job.Status()->Count("partitions") == 2 &&
                              job.Status()->Partition(0, "position") == 70;
    })) << "minute "
        << minute;
    CollectDecisions(job, &decisions);
    for (int i = 0; i < 3; ++i) give_one();
  }
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  CollectDecisions(job, &decisions);
  job.RunUntilEnd({"--publish-open"}, {clock.environment()});

  OraclePartition useful(kRule);
  OraclePartition useless(kRule);
  for (const auto& value : job.logs()[0]) useful.Record(value);
  for (size_t i = 0; i < job.logs()[1].size(); ++i) {
    if (const auto move = decisions.find(static_cast<int64_t>(i)); move != decisions.end()) {
      useless.End(move->second.wall_clock.seconds());
      useless.RaiseClock(move->second.passed_frontier.seconds());
    }
    useless.Record(job.logs()[1][i]);
  }
  useless.End(kStart + 127);
  const OracleCounts counts = OracleUnion({&useful, &useless});
  EXPECT_EQ(job.Published(), RecordsOf(counts));
  EXPECT_EQ(counts.totals.counted, static_cast<uint64_t>(210 + GetParam().first_frames));
  EXPECT_EQ(counts.waiting.records(), 0U);
  EXPECT_GE(decisions.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Of, JobUselessPartition,
    testing::Values(Useless{"InvalidFrames", 0, [](int64_t) { return std::optional<std::string>("no frame"); }},
                    Useless{"LateFrames", 20,
                            [](int64_t n) { return std::optional<std::string>(Frame(kStart - 3600 + n, "late")); }},
                    // Each confirms none of those before it.
                    Useless{"FramesOfTheFuture", 0,
                            [](int64_t n) { return std::optional<std::string>(Frame(kStart + kDayS - 10 * n, "f")); }}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace headcount::test
