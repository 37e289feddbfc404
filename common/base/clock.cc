#include "common/base/clock.h"

#include <time.h>

#ifdef HEADCOUNT_CRASH_POINTS
#include <cstdlib>
#include <fstream>
#endif

namespace headcount {
namespace {

int64_t MsOf(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

int64_t UsOf(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

#ifdef HEADCOUNT_CRASH_POINTS
const TestClock* g_test_clock = nullptr;

int64_t WallMsByFile() {
  static const char* const path = getenv("HEADCOUNT_WALL_CLOCK_FILE");
  const int64_t now_ms = MsOf(CLOCK_REALTIME);
  if (path == nullptr) return now_ms;
  std::ifstream file(path);
  const bool stands_still = file.peek() == '=';
  if (stands_still) file.ignore();
  int64_t ms = 0;
  file >> ms;
  return stands_still ? ms : now_ms + ms;
}
#endif

}  // namespace

#ifdef HEADCOUNT_CRASH_POINTS

void UseTestClock(const TestClock* clock) { g_test_clock = clock; }
int64_t MonotonicMs() { return g_test_clock != nullptr ? g_test_clock->monotonic_ms : MsOf(CLOCK_MONOTONIC); }
int64_t MonotonicUs() { return g_test_clock != nullptr ? g_test_clock->monotonic_ms * 1000 : UsOf(CLOCK_MONOTONIC); }
int64_t WallClockMs() { return g_test_clock != nullptr ? g_test_clock->wall_ms : WallMsByFile(); }

#else

int64_t MonotonicMs() { return MsOf(CLOCK_MONOTONIC); }
int64_t MonotonicUs() { return UsOf(CLOCK_MONOTONIC); }
int64_t WallClockMs() { return MsOf(CLOCK_REALTIME); }

#endif

EventTime WallClock() { return EventTime(WallClockMs() / 1000); }

}  // namespace headcount
