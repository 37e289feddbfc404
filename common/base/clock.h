// Gives the job's two clocks: the monotonic one and the wall clock. Every process reads the time through these
// functions only, so that a test can put other clocks in their place.
#pragma once

#include <cstdint>

#include "common/base/types.h"

namespace headcount {

// Milliseconds of CLOCK_MONOTONIC. All processes of the host see the same value.
int64_t MonotonicMs();
// The same clock in microseconds, for measuring durations.
int64_t MonotonicUs();
// Seconds since the epoch, by this host's wall clock.
EventTime WallClock();
// Milliseconds since the epoch, by the wall clock. Status files use it for their time and their age.
int64_t WallClockMs();

#ifdef HEADCOUNT_CRASH_POINTS
// For tests; compiled in only together with the crash points. In one process, both clocks show the values of this
// struct until the test passes null. For a whole job, HEADCOUNT_WALL_CLOCK_FILE names a file with a number of
// milliseconds. The number says how far this host's wall clock is ahead (below 0: behind). After a '=' it is the time,
// in milliseconds since the epoch, at which the wall clock stands still. Each call reads the file again, so that a test
// can step the clock.
struct TestClock {
  int64_t monotonic_ms = 0;
  int64_t wall_ms = 0;
};
void UseTestClock(const TestClock* clock);
#endif

}  // namespace headcount
