// A random job: hostile logs, options, and the runs that read them. All of it follows from a seed; what happens on the
// way (who works when, who dies where, what the clocks show) is the dice's business (random_job.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/job/run_options.h"
#include "tests/jobs/fake_kafka.h"
#include "tests/support/random.h"

namespace headcount::test {

// In the order in which they are tried: what a user may do with one group.
enum class Scene {
  kUntilEnd,   // one run with --until-end
  kLeaveOpen,  // runs with --leave-open, then --until-end
  kMixed,      // any mix, also with --until-end in the middle
  kStream,     // streaming with silences, then --until-end
};

// --max-frame of all cases.
inline constexpr size_t kCaseMaxFrameBytes = 80;

enum class Mode { kUntilEnd, kLeaveOpen, kStream };

// What this host's wall clock shows, against the time at which the frames are really made.
enum class WallMode {
  kFarAhead,  // a backfill: a day later than every frame
  kNear,      // live
  kHourSlow,
  kHourFast,
  kStepped,  // back and forth
};

struct CaseRun {
  Mode mode = Mode::kUntilEnd;
  std::vector<size_t> ends;  // by log: the records that can be read in this run
  size_t partitions = 1;     // of the topic at its beginning; while streaming it may grow to the next run's
  CountingRule rule = {};    // the window is the case's; lateness and jump may be others than the run's before
};

struct RandomCase {
  CountingRule rule;  // of the first run
  int64_t max_skew_s = 120;
  int64_t idle_timeout_ms = 10'000;
  int64_t max_hold_ms = 0;
  int32_t workers = 1;  // at most; several runs may use fewer
  WallMode wall = WallMode::kFarAhead;
  double restless = 0;       // how often time passes without anything else, so that partitions fall silent
  size_t more_at_once = 20;  // records that arrive together while streaming, at most
  double transactions = 0;   // how often something unreadable stands behind what can be read: an open transaction
  bool wall_stands = false;  // for the whole of the case: what is settled does not depend on the moment then
  std::vector<FakeLog> logs;
  std::vector<Offset> begins;
  std::vector<CaseRun> runs;
};

RandomCase MakeCase(uint64_t seed, Scene scene);

// For a person who wants to know what went wrong.
std::string Describe(const RandomCase& c);

// Smaller and smaller cases for which `is_wrong` still answers true, as long as there are tries left.
RandomCase Shrink(RandomCase c, int tries, const std::function<bool(const RandomCase&)>& is_wrong);

}  // namespace headcount::test
