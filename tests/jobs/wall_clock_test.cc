// This host's wall clock may be wrong: an hour slow or fast, or stepped. A busy log is counted the same, since only
// silence asks the clock; and what was once decided by it is not decided again.
#include <gtest/gtest.h>

#include <stdexcept>

#include "common/log/log.h"
#include "tests/jobs/steady_job.h"

namespace headcount::test {
namespace {

constexpr int64_t kBase = 1'500'000'000 / 60 * 60;

FakeRecord FrameAt(int64_t offset, int64_t ts, int64_t user) {
  return {Offset(offset), R"({"ts":)" + std::to_string(ts) + R"(,"uid":)" + std::to_string(user) + "}", 0, ts};
}

// Some ten frames a second, with flipped bits, late ones and hosts ahead.
FakeLog MakeBusyLog(uint64_t seed, int64_t frames) {
  Random rng(seed);
  FakeLog log;
  for (int64_t i = 0; i < frames; ++i) {
    int64_t ts = kBase + i / 10;
    if (rng.Chance(0.02)) ts ^= int64_t{1} << rng.Below(36);
    if (rng.Chance(0.05)) ts += 3600;
    if (rng.Chance(0.02)) ts -= rng.Between(1, 4000);
    log.push_back(FrameAt(i, ts, rng.Between(0, 500)));
  }
  return log;
}

class WrongWallClock : public testing::Test {
 protected:
  WrongWallClock() { SetLogLevel(LogLevel::kError); }
  ~WrongWallClock() override { SetLogLevel(LogLevel::kInfo); }
};

// What a live job publishes of busy logs under a wall clock that is wrong by this much, or stepped all the time.
std::vector<std::string> MinutesUnder(int64_t wrong_by_s, bool stepped) {
  const std::vector<FakeLog> logs = {MakeBusyLog(1, 12'000), MakeBusyLog(2, 12'000), MakeBusyLog(3, 12'000)};
  RunOptions options;
  options.workers = 2;
  SteadyJob job(logs, options);
  Random rng(7);
  for (size_t visible = 10; visible <= logs[0].size(); visible += 10) {
    for (FakePartition& partition : job.kafka().partitions) partition.visible = visible;
    const int64_t now = kBase + static_cast<int64_t>(visible) / 10;
    job.clock().wall_ms = 1000 * (now + wrong_by_s + (stepped ? rng.Between(-7200, 7200) : 0));
    job.Rounds(4);
  }
  job.DrainToEnd();
  return job.Minutes();
}

TEST_F(WrongWallClock, DoesNotChangeOneByteOfWhatABusyLogPublishes) {
  const std::vector<std::string> right = MinutesUnder(0, false);
  EXPECT_GE(right.size(), 18U) << "of twenty minutes";
  EXPECT_EQ(MinutesUnder(-3600, false), right) << "an hour slow";
  EXPECT_EQ(MinutesUnder(3600, false), right) << "an hour fast";
  EXPECT_EQ(MinutesUnder(0, true), right) << "stepped back and forth";
}

// Two minutes of frames, one frame that only the clock at a silence can judge, and then a death: the move that went out
// with the commit of an earlier minute says how it was judged.
std::vector<std::string> MinutesAfterACrash(int64_t stepped_by_s) {
  FakeLog log;
  for (int64_t i = 0; i < 30; ++i) log.push_back(FrameAt(i, kBase + 4 * i, i));
  const int64_t last = kBase + 4 * 29;             // in the second minute
  log.push_back(FrameAt(30, kBase + 125, 1'000));  // in the third; more than 5 s ahead, so it is held
  for (int64_t i = 31; i < 60; ++i) log.push_back(FrameAt(i, kBase + 128, i));
  const std::vector<FakeLog> logs = {log};
  RunOptions options;
  SteadyJob job(logs, options);
  job.kafka().partitions[0].visible = 31;
  job.clock().wall_ms = 1000 * (last + 4);
  while (job.clock().wall_ms < 1000 * (last + 25)) job.Round();  // silent for 10 s, then excused
  EXPECT_EQ(job.Minutes().size(), 2U) << "the third is open: the frame that was held has opened it";

  RunOptions to_the_end;
  to_the_end.until_end = to_the_end.publish_open = true;
  job.StartOver(to_the_end);
  job.clock().wall_ms += 1000 * stepped_by_s;
  job.kafka().partitions[0].visible = log.size();
  job.RunToEnd();
  return job.Minutes();
}

TEST_F(WrongWallClock, SteppedAfterAnExcuseChangesNoVerdictInAReplay) {
  const std::vector<std::string> right = MinutesAfterACrash(0);
  ASSERT_EQ(right.size(), 3U);
  EXPECT_NE(right[2].find(R"("events":30,"late":0,"invalid":0,"future":0)"), std::string::npos) << right[2];
  EXPECT_EQ(MinutesAfterACrash(-3600), right) << "an hour back: the held frame would be from the future now";
  EXPECT_EQ(MinutesAfterACrash(3600), right) << "an hour on";
}

// At the end of one partition a frame is held that the clock calls future; the worker of the other one hears of that
// end and finishes. Then the first dies, and its next life asks a clock that has been put right meanwhile.
TEST_F(WrongWallClock, PutRightWhileAWorkerReadsAgainLeavesNoMinuteOpenAtTheEnd) {
  std::vector<FakeLog> logs(2);
  for (int64_t i = 0; i < 100; ++i) logs[0].push_back(FrameAt(i, kBase + i, i));
  logs[0].push_back(FrameAt(100, kBase + 900, 1'000));
  for (int64_t i = 0; i < 200; ++i) logs[1].push_back(FrameAt(i, kBase + i, i));  // has to wait for the first
  RunOptions options;
  options.until_end = options.publish_open = true;
  options.workers = 2;
  options.rule.window_s = 600;  // nothing is sealed, and so nothing published, before the end
  SteadyJob job(logs, options);
  job.clock().wall_ms = 1000 * kBase;
  while (job.Readers().size() != 1) ASSERT_FALSE(job.Round());
  ASSERT_EQ(job.Readers()[0]->partition(), PartitionId(0)) << "the other worker has finished";
  job.RestartWorker(SlotId(0));
  job.clock().wall_ms = 1000 * (kBase + 3600);
  EXPECT_THROW(job.RunToEnd(), std::runtime_error) << "the writer does not end while a minute is open";
  job.StartOver(options);
  job.RunToEnd();
  ASSERT_EQ(job.Minutes().size(), 2U);
  EXPECT_NE(job.Minutes()[1].find(R"("events":1,"late":0,"invalid":0,"future":0)"), std::string::npos);
}

}  // namespace
}  // namespace headcount::test
