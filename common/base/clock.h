// The two clocks of the job. Every process asks them here, so that a test can put other ones in their place.
#pragma once

#include <cstdint>

#include "common/base/types.h"

namespace headcount {

// Milliseconds of CLOCK_MONOTONIC, the same for all processes of the host.
int64_t MonotonicMs();
// The same in microseconds: how long something took.
int64_t MonotonicUs();
// Seconds since the epoch, by this host's clock.
EventTime WallClock();
// Milliseconds since the epoch, by the same clock: when a status file was written, and how old it is.
int64_t WallClockMs();

#ifdef HEADCOUNT_CRASH_POINTS
// For tests, compiled in where crash points are. In one process: both clocks show what stands here, until null is
// given. For a whole job: HEADCOUNT_WALL_CLOCK_FILE names a file with the milliseconds by which this host's wall
// clock is ahead (below 0: behind), or, after a '=', with the milliseconds since the epoch at which it stands still;
// it is read each time the clock is asked, so that a test can step it.
struct TestClock {
  int64_t monotonic_ms = 0;
  int64_t wall_ms = 0;
};
void UseTestClock(const TestClock* clock);
#endif

}  // namespace headcount
