// How much a death makes a job read again, at any moment of a job whose writer keeps up. Of every partition in which a
// frame with a right time comes every 5 s or more often: what was made in the last
//   max-skew + window + allowed lateness + 2 * max-jump    seconds, and 256 records.
//
// Where that comes from, for partition p, C being closed-up-to:
// - max-skew: before every record, p's watermark is not more than that ahead of the slowest partition's;
// - window + lateness: the slowest has not come to C + window + lateness, or all would have sealed a window more;
// - 2 * max-jump: the one record that goes beyond that may take the watermark so far, and a record from the second
//   before C - max-jump may have been the first to stand at C. Where no frame is ahead of its time it is not needed;
// - 256 records: the safe point, the point before that first record, may hold frames, the oldest so many records old
//   (limits::kUnconfirmedRecords); their bodies are read again.
// Event time is counted by when a frame was really made: an hour that a wrong clock jumps is no hour of log. Where
// right frames are rarer than max-jump the clock of p waits for 16 confirmations each time, and there is no such bound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "common/base/limits.h"
#include "common/log/log.h"
#include "tests/jobs/steady_job.h"

namespace headcount::test {
namespace {

constexpr int64_t kBase = 1'500'000'000 / 60 * 60;
constexpr size_t kPartitions = 3;

struct BusyLog {
  size_t frames = 20'000;       // with a right time; the others come besides
  double every_s = 0.05;        // on average ...
  double longest_gap_s = 5;     // ... and at most
  double flipped = 0;           // of all frames: one of the bits of its time
  double ahead = 0;             // of all frames: from a host an hour ahead
  double slower_partition = 1;  // the last partition has a frame so many times less often
};

FakeLog MakeBusyLog(const BusyLog& kind, double every_s, uint64_t seed) {
  Random rng(seed);
  FakeLog log;
  double now = kBase;
  double due_ahead = 0;
  const auto add = [&](int64_t said) {
    log.push_back({Offset(static_cast<int64_t>(log.size())),
                   R"({"ts":)" + std::to_string(said) + R"(,"uid":)" + std::to_string(rng.Below(10)) + "}", 0,
                   static_cast<int64_t>(now)});
  };
  for (size_t i = 0; i < kind.frames; ++i) {
    now += std::min(-std::log(1 - rng.Unit()) * every_s, kind.longest_gap_s);
    const int64_t said = static_cast<int64_t>(now) - (every_s < 1 && rng.Chance(0.25) ? 2 : 0);
    add(said);
    // Every bit that an allowed time may have.
    while (rng.Chance(kind.flipped)) add(said ^ int64_t{1} << rng.Below(46));
    for (due_ahead += kind.ahead / (1 - kind.ahead); due_ahead >= 1; --due_ahead) add(said + 3600);
  }
  return log;
}

// What a death now would read again of a partition.
struct Replay {
  int64_t seconds = 0;  // of event time
  size_t records = 0;   // in all
  size_t older = 0;     // of these, made before the seconds that the bound allows
};

Replay ReplayOf(SteadyJob* job, const PartitionReader& reader, int64_t allowed_s) {
  const FakePartition& partition = job->partition(reader.partition());
  const SafePoint safe = ParseCommitMetadata(partition.metadata)->safe;
  const FakeLog& log = *partition.log;
  const auto from = static_cast<size_t>(safe.state.first_needed().value());
  const auto to = static_cast<size_t>(reader.Progress().position.value());
  if (from >= to) return {};
  const int64_t now = log[to - 1].at;
  Replay replay{now - log[from].at, to - from, 0};
  while (replay.older < replay.records && log[from + replay.older].at < now - allowed_s) ++replay.older;
  return replay;
}

class ReplayBound : public testing::Test {
 protected:
  ReplayBound() { SetLogLevel(LogLevel::kError); }
  ~ReplayBound() override { SetLogLevel(LogLevel::kInfo); }

  void Expect(const char* name, const BusyLog& kind) {
    std::vector<FakeLog> logs;
    for (uint64_t p = 0; p < kPartitions; ++p) {
      logs.push_back(
          MakeBusyLog(kind, p + 1 == kPartitions ? kind.every_s * kind.slower_partition : kind.every_s, p + 1));
    }
    RunOptions options;
    options.until_end = true;
    options.workers = 2;
    SteadyJob job(logs, options);
    job.clock().wall_ms = (kBase + int64_t{100} * 86'400) * 1000;
    const bool clean = kind.flipped == 0 && kind.ahead == 0;
    const int64_t allowed_s = options.max_skew_s + options.rule.window_s + options.rule.lateness_s +
                              (clean ? 0 : 2 * options.rule.max_jump_s);
    Replay worst;
    for (bool done = false; !done;) {
      done = job.Round();
      for (const PartitionReader* reader : job.Readers()) {
        const Replay replay = ReplayOf(&job, *reader, allowed_s);
        ASSERT_LE(replay.older, limits::kUnconfirmedRecords)
            << name << ": partition " << reader->partition().value() << " would be read again from " << replay.seconds
            << " s and " << replay.records << " records before";
        worst.seconds = std::max(worst.seconds, replay.seconds);
        worst.records = std::max(worst.records, replay.records);
        worst.older = std::max(worst.older, replay.older);
      }
    }
    EXPECT_GT(job.Minutes().size(), 10U) << name;
    std::printf("%-40s at worst %5zu records, %4lld s; %3zu records older than %lld s\n", name, worst.records,
                static_cast<long long>(worst.seconds), worst.older, static_cast<long long>(allowed_s));
  }
};

TEST_F(ReplayBound, HoldsOnCleanLogs) {
  Expect("clean", {});
  Expect("one partition twenty times slower", {20'000, 0.05, 5, 0, 0, 20});
}

TEST_F(ReplayBound, HoldsWithFlippedBits) {
  Expect("0.2 % flipped bits", {20'000, 0.05, 5, 0.002, 0, 1});
  Expect("1 % flipped bits", {20'000, 0.05, 5, 0.01, 0, 1});
  Expect("1 % flipped bits, one partition slower", {20'000, 0.05, 5, 0.01, 0, 20});
}

TEST_F(ReplayBound, HoldsWithHostsAnHourAhead) {
  Expect("a host of 1 % an hour ahead", {20'000, 0.05, 5, 0, 0.01, 1});
  Expect("a host of 10 % an hour ahead", {20'000, 0.05, 5, 0, 0.1, 1});
  Expect("half an hour ahead", {20'000, 0.05, 5, 0, 0.5, 1});
}

TEST_F(ReplayBound, HoldsWithAFrameEveryFiveSeconds) {
  Expect("every 5 s", {3'000, 1000, 5, 0, 0, 1});
  Expect("every 2 s or so", {3'000, 2, 5, 0, 0, 1});
  Expect("every 2 s or so, 1 % flipped bits", {3'000, 2, 5, 0.01, 0, 1});
  Expect("every 5 s, 1 % flipped bits", {3'000, 1000, 5, 0.01, 0, 1});
  Expect("every 2 s or so, 10 % an hour ahead", {3'000, 2, 5, 0, 0.1, 1});
  Expect("every 2 s or so, half an hour ahead", {3'000, 2, 5, 0, 0.5, 1});
  Expect("every 5 s, half an hour ahead", {3'000, 1000, 5, 0, 0.5, 1});
}

}  // namespace
}  // namespace headcount::test
