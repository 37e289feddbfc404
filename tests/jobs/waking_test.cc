// A job that was asleep, all its partitions idle, and is woken by history that arrives in one partition after the
// other: nothing of it may be late, whichever worker reads which partition.
#include <gtest/gtest.h>

#include <algorithm>

#include "common/log/log.h"
#include "tests/jobs/steady_job.h"

namespace headcount::test {
namespace {

constexpr int64_t kBase = 1'500'000'000 / 60 * 60;
constexpr int64_t kDayS = 86'400;
constexpr int kRoundsASecond = 20;

FakeRecord FrameAt(int64_t offset, int64_t ts, int64_t user) {
  return {Offset(offset), R"({"ts":)" + std::to_string(ts) + R"(,"uid":)" + std::to_string(user) + "}", 0, ts};
}

// So many seconds of frames, ten a second, from `first_s` on.
void Append(FakeLog* log, int64_t first_s, int64_t seconds, int64_t user) {
  for (int64_t i = 0; i < seconds * 10; ++i) {
    log->push_back(FrameAt(static_cast<int64_t>(log->size()), first_s + i / 10, user));
  }
}

struct Sums {
  uint64_t minutes = 0;
  uint64_t events = 0;
  uint64_t late = 0;
};

class Waking : public testing::Test {
 protected:
  Waking() { SetLogLevel(LogLevel::kError); }
  ~Waking() override { SetLogLevel(LogLevel::kInfo); }

  void Begin(const std::vector<FakeLog>& logs, int32_t workers) {
    RunOptions options;
    options.workers = workers;
    job_.emplace(logs, options);
    job_->clock().wall_ms = (kBase + kDayS) * 1000;
    for (FakePartition& partition : job_->kafka().partitions) partition.visible = 0;
  }
  void PassSeconds(int seconds) { job_->Rounds(seconds * kRoundsASecond); }
  // Each partition's log up to there, one after the other, a second apart.
  void Load(const std::vector<size_t>& ends) {
    for (size_t p = 0; p < ends.size(); ++p) {
      job_->kafka().partitions[p].visible = ends[p];
      PassSeconds(1);
    }
  }
  // What is published once all has been silent again.
  Sums SumsInTheEnd() {
    PassSeconds(60);
    Sums sums;
    for (const auto& [start, record] : job_->kafka().minutes) {
      ++sums.minutes;
      sums.events += record.counts.counted;
      sums.late += record.counts.late;
    }
    return sums;
  }

  std::optional<SteadyJob> job_;
};

class WakingWith : public Waking, public testing::WithParamInterface<int32_t> {};

TEST_P(WakingWith, HistoryLoadedIntoATopicThatWasEmptyIsCounted) {
  std::vector<FakeLog> logs(4);
  for (size_t p = 0; p < logs.size(); ++p) Append(&logs[p], kBase, 600, static_cast<int64_t>(p));
  Begin(logs, GetParam());
  PassSeconds(14);
  Load({6'000, 6'000, 6'000, 6'000});
  const Sums sums = SumsInTheEnd();
  EXPECT_EQ(sums.minutes, 10U);
  EXPECT_EQ(sums.events, 24'000U);
  EXPECT_EQ(sums.late, 0U);
}

TEST_P(WakingWith, HistoryLoadedIntoATopicThatHadBeenSilentIsCounted) {
  std::vector<FakeLog> logs(4);
  for (size_t p = 0; p < logs.size(); ++p) {
    Append(&logs[p], kBase, 60, static_cast<int64_t>(p));
    Append(&logs[p], kBase + 120, 600, static_cast<int64_t>(p));
  }
  Begin(logs, GetParam());
  Load({600, 600, 600, 600});
  PassSeconds(60);
  ASSERT_EQ(job_->Minutes().size(), 1U) << "asleep";
  Load({6'600, 6'600, 6'600, 6'600});
  const Sums sums = SumsInTheEnd();
  EXPECT_EQ(sums.events, 26'400U);
  EXPECT_EQ(sums.late, 0U);
}

// The first that comes is so little that it confirms no clock: it must not be settled before the others have come.
TEST_P(WakingWith, AFewFramesAheadOfTheRestCloseNothing) {
  std::vector<FakeLog> logs(4);
  for (size_t p = 0; p < logs.size(); ++p) Append(&logs[p], kBase, 120, static_cast<int64_t>(p));
  Begin(logs, GetParam());
  PassSeconds(14);
  Load({5});
  PassSeconds(3);
  Load({1'200, 1'200, 1'200, 1'200});
  const Sums sums = SumsInTheEnd();
  EXPECT_EQ(sums.events, 4'800U);
  EXPECT_EQ(sums.late, 0U);
}

TEST_P(WakingWith, APartitionAddedToASleepingJobWakesTheOthers) {
  std::vector<FakeLog> logs(4);
  for (size_t p = 0; p < logs.size(); ++p) Append(&logs[p], kBase, 600, static_cast<int64_t>(p));
  const FakeLog added = logs[3];
  logs.pop_back();
  Begin(logs, GetParam());
  PassSeconds(14);
  FakePartition partition;
  partition.log = &added;
  partition.visible = added.size();
  job_->kafka().partitions.push_back(std::move(partition));
  job_->Grow();
  PassSeconds(8);
  Load({6'000, 6'000, 6'000});
  const Sums sums = SumsInTheEnd();
  EXPECT_EQ(sums.events, 24'000U);
  EXPECT_EQ(sums.late, 0U);
}

// An hour of records that tell nothing of the time, and of ones that each run further ahead: whatever they are, the
// minute that is over comes out.
TEST_P(WakingWith, RecordsThatWakeTheJobForNothingKeepNoMinuteOpen) {
  for (const bool unconfirmed : {false, true}) {
    SCOPED_TRACE(unconfirmed ? "held" : "invalid");
    std::vector<FakeLog> logs(2);
    Append(&logs[0], kBase, 30, 1);
    Append(&logs[1], kBase, 30, 2);
    for (int64_t i = 0; i < 4'000; ++i) {
      const int64_t offset = 300 + i;
      logs[1].push_back(unconfirmed ? FrameAt(offset, kBase + 30 * kDayS - 100 * i, 3)
                                    : FakeRecord{Offset(offset), "no frame", 0, kBase});
    }
    Begin(logs, GetParam());
    Load({300, 300});
    int rounds = 0;
    for (; job_->Minutes().empty() && rounds < 60 * kRoundsASecond; ++rounds) {
      FakePartition& partition = job_->kafka().partitions[1];
      partition.visible = std::min(partition.visible + 1, logs[1].size());
      job_->Round();
    }
    EXPECT_EQ(job_->Minutes().size(), 1U);
    EXPECT_LT(rounds, 25 * kRoundsASecond) << "two idle timeouts and a little";
  }
}

// Before the second worker looks, the first one always has a record that wakes the job: the second seals all the same
// what the first has sealed, since the first one's clock has been raised to the end of that.
TEST_F(Waking, AWorkerThatNeverSeesTheJobAsleepSealsWhatTheOtherHasSealed) {
  std::vector<FakeLog> logs(2);
  Append(&logs[0], kBase, 30, 1);
  Append(&logs[1], kBase, 30, 2);
  for (int64_t i = 0; i < 4'000; ++i) logs[0].push_back(FrameAt(300 + i, kBase + 30 * kDayS - 100 * i, 3));
  Begin(logs, 2);
  Load({300, 300});
  int rounds = 0;
  for (; job_->Minutes().empty() && rounds < 60 * kRoundsASecond; ++rounds) {
    job_->clock().monotonic_ms += 1'000 / kRoundsASecond;
    job_->RoundOf(SlotId(0));
    FakePartition& partition = job_->kafka().partitions[0];
    partition.visible = std::min(partition.visible + 1, logs[0].size());
    job_->RoundOf(SlotId(0));
    job_->RoundOf(SlotId(1));
    job_->RoundOfWriter();
  }
  EXPECT_EQ(job_->Minutes().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Workers, WakingWith, testing::Values(1, 2, 4),
                         [](const auto& param) { return "Of" + std::to_string(param.param); });

}  // namespace
}  // namespace headcount::test
