// What silences decide, by a wall clock that is right, slow, fast or stepped: known to the frame beforehand, because
// the clock stands where the test puts it; and the same after every death.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/clocked_job.h"

namespace headcount::test {
namespace {

constexpr int64_t kMinute = 1468244400;
constexpr int64_t kHourS = 3600;
constexpr int64_t kDayS = 86400;

class JobSilence : public testing::Test {
 protected:
  void SetUp() override {
#ifndef HEADCOUNT_CRASH_POINTS
    GTEST_SKIP() << "built without test clocks";
#endif
  }

  // The last of the published minutes has these numbers.
  static void ExpectLast(const std::vector<std::string>& published, int64_t window_start,
                         const std::vector<std::pair<const char*, int64_t>>& numbers) {
    ASSERT_FALSE(published.empty());
    EXPECT_EQ(WindowOf(published.back()), window_start);
    for (const auto& [field, number] : numbers) EXPECT_EQ(FieldOf(published.back(), field), number) << field;
  }
  // The newest move of each partition: it was excused by that clock, and passed up to that boundary.
  static void ExpectDecisions(const ClockedJob& job, int64_t passed_frontier, const std::vector<int64_t>& clocks) {
    const std::vector<CommitMetadata> points = job.Points();
    ASSERT_EQ(points.size(), clocks.size());
    for (size_t p = 0; p < points.size(); ++p) {
      ASSERT_FALSE(points[p].safe.decisions.empty());
      const Decision& move = points[p].safe.decisions.back();
      EXPECT_EQ(move.kind, Decision::Kind::kIdle);
      EXPECT_EQ(move.passed_frontier.seconds(), passed_frontier);
      EXPECT_EQ(move.wall_clock.seconds(), clocks[p]);
    }
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobSilence, ClosesTheLastMinuteAndWhatComesForItAfterwardsIsLateAndTheNextMinuteIsRight) {
  ClockedJob job(broker_, 2, kMinute + 59);
  // The second has too few to confirm each other: they wait for the silence.
  job.Produce({Seconds(kMinute, kMinute + 50, 2, "a"), Seconds(kMinute + 10, kMinute + 15, 1, "b")});
  job.Start();
  job.Settle();
  EXPECT_TRUE(job.job().Published().empty());
  job.SetClock(kMinute + 65);
  job.Settle();
  EXPECT_EQ(job.job().Published(), job.Right());
  ExpectLast(job.job().Published(), kMinute, {{"events", 105}, {"unique_users", 3}, {"late", 0}, {"future", 0}});
  // The first had nothing to settle: its move begins with what raises its clock.
  ExpectDecisions(job, kMinute + 60, {kMinute + 65, kMinute + 59});

  job.SetClock(kMinute + 90);
  job.Produce({Seconds(kMinute + 55, kMinute + 58, 1, "c"), {Frame(kMinute + 59, "c"), "no frame", std::nullopt}});
  job.Settle();
  job.Produce({Seconds(kMinute + 60, kMinute + 80, 2, "a"), Seconds(kMinute + 70, kMinute + 71, 1, "d")});
  job.Settle();
  EXPECT_EQ(job.job().Published().size(), 1U);
  job.SetClock(kMinute + 125);
  job.Settle();
  EXPECT_EQ(job.job().Published(), job.Right());
  ExpectLast(job.job().Published(), kMinute + 60,
             {{"events", 41}, {"unique_users", 3}, {"late", 4}, {"invalid", 2}, {"future", 0}});
  ExpectDecisions(job, kMinute + 120, {kMinute + 125, kMinute + 125});
}

// It closes what has come, and goes no further: what comes for the hours after that is counted.
TEST_F(JobSilence, ByAClockThatIsAnHourFastClosesOnlyWhatHasComeAndWhatComesLaterIsCounted) {
  ClockedJob job(broker_, 2, kMinute + kHourS + 65);
  job.Produce({Seconds(kMinute, kMinute + 30, 1, "a"), Seconds(kMinute, kMinute + 30, 1, "b")});
  job.Start();
  job.Settle();
  EXPECT_EQ(job.closed_frontier(), kMinute + 60);
  EXPECT_EQ(job.job().Published(), job.Right());
  ExpectLast(job.job().Published(), kMinute, {{"events", 60}, {"unique_users", 2}});

  // The clock is right again. Nothing that was decided is decided anew.
  job.SetClock(kMinute + 110);
  OracleLog more = Seconds(kMinute + 40, kMinute + 110, 1, "b");
  more.push_back("no frame");
  more.push_back(Frame(kMinute + 10 * kDayS, "b"));
  job.Produce({Seconds(kMinute + 60, kMinute + 100, 1, "a"), more});
  job.Settle();
  EXPECT_EQ(job.job().Published().size(), 1U);
  job.SetClock(kMinute + 125);
  job.Settle();
  EXPECT_EQ(job.job().Published(), job.Right());
  EXPECT_EQ(job.job().Published().size(), 2U);
  ExpectLast(job.job().Published(), kMinute + 60,
             {{"events", 90}, {"unique_users", 2}, {"late", 20}, {"invalid", 1}, {"future", 1}});
}

// The clock stands a day after the frames, as when history is loaded.
TEST_F(JobSilence, HistoryThatIsLoadedPartitionAfterPartitionIntoASleepingTopicIsCounted) {
  ClockedJob job(broker_, 4, kMinute + kDayS, {"--idle-timeout", "10s"});
  job.Start();
  const auto all_idle = [](const JobStatus& s) {
    if (s.Count("partitions") < 4) return false;
    for (int32_t p = 0; p < 4; ++p) {
      if (s.Idle(p).empty()) return false;
    }
    return true;
  };
  ASSERT_TRUE(job.job().Shows(all_idle)) << "empty";
  int64_t begins = kMinute;
  for (const char* const topic : {"empty", "silent for an idle timeout"}) {
    SCOPED_TRACE(topic);
    for (int32_t p = 0; p < 4; ++p) {
      std::vector<OracleLog> logs(4);
      logs[static_cast<size_t>(p)] = Seconds(begins, begins + 300, 5, "u" + std::to_string(p));
      const int64_t reached = job.job().Status()->Reached();
      job.Produce(logs);
      // Something of it has been read before the next one is written.
      ASSERT_TRUE(job.job().Shows([reached](const JobStatus& s) { return s.Reached() > reached; }));
    }
    job.Settle();
    EXPECT_EQ(job.job().Published(), job.Right());
    begins += 3'600;
  }
  ASSERT_EQ(job.job().Published().size(), 10U);
  for (const std::string& record : job.job().Published()) {
    EXPECT_EQ(FieldOf(record, "late"), 0) << record;
    EXPECT_EQ(FieldOf(record, "events"), 1'200) << record;
    EXPECT_EQ(FieldOf(record, "unique_users"), 20) << record;
  }
}

TEST_F(JobSilence, ByAClockThatIsAnHourSlowPublishesNothingEarlyAndTakesHeldFramesForTheFuture) {
  ClockedJob job(broker_, 2, kMinute + 59 - kHourS);
  job.Produce({Seconds(kMinute, kMinute + 20, 2, "a"), Seconds(kMinute, kMinute + 5, 1, "b")});
  job.Start();
  job.Settle();
  EXPECT_TRUE(job.job().Published().empty());
  EXPECT_TRUE(job.job().Shows([](const JobStatus& s) { return s.Number("totals.waiting") == 5; }));

  // The clock is set right. What was decided stays so.
  job.SetClock(kMinute + 65);
  job.Settle();
  EXPECT_EQ(job.job().Published(), job.Right());
  ExpectLast(job.job().Published(), kMinute, {{"events", 40}, {"unique_users", 2}, {"future", 0}});
  job.Produce({{}, Seconds(kMinute + 66, kMinute + 70, 1, "b")});
  job.Settle();
  job.SetClock(kMinute + 125);
  job.Settle();
  EXPECT_EQ(job.job().Published(), job.Right());
  ExpectLast(job.job().Published(), kMinute + 60, {{"events", 4}, {"unique_users", 1}, {"future", 5}});
}

TEST_F(JobSilence, AfterSilenceAndEveryRecordIsExactThroughDeathsAndSteppedClocks) {
  ClockedJob job(broker_, 4, kMinute + 5);
  job.Start();
  job.Settle();
  LiveThroughSilences(&job, 61, 3);
  EXPECT_EQ(job.job().Published(), job.Right());
  EXPECT_EQ(Describe(*job.job().Drain()), "exit 0");

  // What is held at the end of --until-end is settled by the wall clock too. This one is slow.
  const int64_t minute = job.closed_frontier();
  job.SetClock(minute + 20);
  job.Produce({Seconds(minute, minute + 3, 8, "a"), {Frame(minute + 25, "b"), Frame(minute + 26, "b")}});
  job.RunUntilEnd();
  EXPECT_EQ(job.job().Published(), job.Right());
  ExpectLast(job.job().Published(), minute, {{"events", 25}, {"future", 1}});
}

// --- A death after a silence -----------------------------------------------------------------------------------

enum class Victim { kWorker, kWriter, kCoordinator };

class JobSilenceThenDeath : public JobSilence, public testing::WithParamInterface<Victim> {
 protected:
  static void KillIt(ClockedJob* job) {
    switch (GetParam()) {
      case Victim::kWorker: return job->KillWorker(0);
      case Victim::kWriter: return job->KillWriter();
      case Victim::kCoordinator: return job->KillCoordinator();
    }
  }
};

TEST_P(JobSilenceThenDeath, RepeatsTheVerdictsOfTheSilenceThoughTheClockWasSteppedInBetween) {
  ClockedJob clocked(broker_, 2, kMinute + 50);
  Job& job = clocked.job();
  // Held, and settled by the silence: three of them are not ahead of the clock, and one is.
  // Without the silence its clock allows less than the other one's will: the next publication holds the move.
  OracleLog quiet = Seconds(kMinute, kMinute + 4, 5, "a");
  for (const int64_t ts : {kMinute + 40, kMinute + 41, kMinute + 55, kMinute + 56}) quiet.push_back(Frame(ts, "held"));
  // Nobody knows what comes in the other partition, so its minutes stay open whatever the clock says.
  TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
  TransactionalProducer another(broker_, TestBroker::UniqueName("another"));
  job.Produce(0, quiet);
  job.Produce(1, Seconds(kMinute - 120, kMinute - 60, 1, "b"));
  other.Begin();
  other.Produce(job.input(), 1, Seconds(kMinute - 60, kMinute + 10, 1, "b"));
  clocked.Start();
  const auto is_settled = [](const JobStatus& s) {
    return s.Count("partitions") == 2 && s.Idle(0) == "silent" && s.Partition(0, "watermark") == kMinute + 55;
  };
  ASSERT_TRUE(job.Shows(is_settled));
  // From here on it is committed, while the minute is still open.
  another.Begin();
  another.Produce(job.input(), 1, {Frame(kMinute + 59, "c")});
  other.Commit();
  const auto closed_frontier = [&](int64_t boundary) {
    return Eventually([&] { return clocked.Points()[0].header.closed_frontier == WindowStart(boundary); });
  };
  ASSERT_TRUE(closed_frontier(kMinute));
  const SafePoint safe = clocked.Points()[0].safe;
  EXPECT_LT(safe.state.offset, Offset(20));
  ASSERT_EQ(safe.decisions.size(), 1U);
  EXPECT_EQ(safe.decisions[0].offset, Offset(24));
  EXPECT_EQ(safe.decisions[0].wall_clock, EventTime(kMinute + 50));

  for (const int64_t step_s : {-kHourS, kHourS}) {
    SCOPED_TRACE(step_s);
    clocked.SetClock(kMinute + 50 + step_s);
    KillIt(&clocked);
    // All of the life's records are judged again.
    ASSERT_TRUE(job.Shows([&](const JobStatus& s) { return s.Worker(0, "records") == 24 && is_settled(s); }));
  }
  another.Abort();
  clocked.SetClock(kMinute + 65);
  ASSERT_TRUE(closed_frontier(kMinute + 60));

  OraclePartition first(CountingRule{});
  for (const auto& value : quiet) first.Record(value);
  first.End(kMinute + 50);
  OraclePartition second(CountingRule{});
  for (const auto& value : Seconds(kMinute - 120, kMinute + 10, 1, "b")) second.Record(value);
  EXPECT_EQ(job.Published(), RecordsOf(OracleUnion({&first, &second})));
  ExpectLast(job.Published(), kMinute, {{"events", 33}, {"future", 1}});
}

INSTANTIATE_TEST_SUITE_P(Of, JobSilenceThenDeath,
                         testing::Values(Victim::kWorker, Victim::kWriter, Victim::kCoordinator),
                         [](const auto& param) {
                           return param.param == Victim::kWorker   ? "AWorker"
                                  : param.param == Victim::kWriter ? "TheWriter"
                                                                   : "TheCoordinator";
                         });

}  // namespace
}  // namespace headcount::test
