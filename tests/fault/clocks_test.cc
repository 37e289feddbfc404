// Wrong clocks for as long as it takes: silences settled by a clock that is slow, fast and stepped, with everybody
// killed in turn; and a busy log whose every bit of time is flipped somewhere, under a clock that never stands still.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/fault/fault_table.h"
#include "tests/support/clocked_job.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

constexpr int64_t kMinute = 1468244400;

class ClocksFault : public testing::Test {
 protected:
  void SetUp() override {
#ifndef HEADCOUNT_CRASH_POINTS
    GTEST_SKIP() << "built without test clocks";
#endif
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(ClocksFault, SilencesUnderASteppedClockAreSettledOnceWhoeverDies) {
  FaultRow row{"clock stepped around silences, anyone killed", 0, 0, {}, {}};
  for (const uint64_t seed : {1U, 2U, 3U}) {
    ClockedJob job(broker_, 4, kMinute + 5);
    job.Start();
    job.Settle();
    row.times += LiveThroughSilences(&job, seed, 5);
    const std::vector<std::string> right = job.Right();
    const MinuteErrors errors = Compare(job.job().Published(), right);
    EXPECT_EQ(errors.all(), 0U) << "seed " << seed;
    row.errors.lost += errors.lost;
    row.errors.doubled += errors.doubled;
    row.errors.differing += errors.differing;
    row.minutes += right.size();
    EXPECT_EQ(Describe(job.job().Drain().value_or(ExitStatus{})), "exit 0");
  }
  Report(row);
}

// Of each second ten frames, and one in a hundred has a flipped bit: each bit in turn, and in each partition.
std::vector<OracleLog> WithEveryBitFlipped(int32_t partitions, int64_t start_s, int64_t duration_s) {
  std::vector<OracleLog> logs(static_cast<size_t>(partitions));
  for (size_t p = 0; p < logs.size(); ++p) {
    for (int64_t i = 0; i < duration_s * 10; ++i) {
      int64_t ts = start_s + i / 10;
      if (i % 100 == 50) ts ^= int64_t{1} << ((i / 100 + static_cast<int64_t>(p)) % 63);
      logs[p].push_back(Frame(ts, "u" + std::to_string(Random::Mix(static_cast<uint64_t>(i)) % 5'000)));
    }
  }
  return logs;
}

TEST_F(ClocksFault, ABusyLogWithFlippedBitsIsCountedTheSameHoweverTheClockIsSteppedAndWhoeverDies) {
  constexpr uint64_t kSeed = 91;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  constexpr size_t kRounds = 16;
  WallClockFile clock;
  Job job(broker_, 4, {"--workers", "2", "--idle-timeout", "1h"});
  const std::vector<OracleLog> logs = WithEveryBitFlipped(4, kMinute, 1'800);
  job.Start({}, {clock.environment()});
  Random random(kSeed);
  FaultRow row{"clock stepped and bits of ts flipped, anyone killed", 0, 0, {}, {}};
  for (size_t round = 0; round < kRounds; ++round) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kRounds);
      };
      job.Produce(static_cast<int32_t>(p), OracleLog(at(round), at(round + 1)));
    }
    clock.RunsAheadBy(std::chrono::hours(random.Between(-40'000, 40'000)));
    ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Text("state") == "running" && s.Reached() > 0; }));
    switch (random.Below(4)) {
      case 0: kill(job.WorkerPid(static_cast<int32_t>(random.Below(2))), SIGKILL); break;
      case 1: kill(job.WriterPid(), SIGKILL); break;
      case 2:
        job.Kill();
        job.Start({}, {clock.environment()});
        break;
      default: continue;
    }
    ++row.times;
  }
  job.Kill();
  job.RunUntilEnd();
  const std::vector<std::string> right = RightRecords(job.logs());
  row.errors = Compare(job.Published(), right);
  row.minutes = right.size();
  Report(row);
}

}  // namespace
}  // namespace headcount::test
