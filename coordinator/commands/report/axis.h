// Computes the grid lines of a chart and their labels. Pure; runs in `headcount report`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace headcount {

// From 0 to a round number at or above every drawn value; whole numbers only.
struct ValueAxis {
  double top = 1;
  std::vector<double> marks;  // 0 first, the top last; six at most
};
ValueAxis ValueAxisOf(uint64_t most);

struct TimeMark {
  int64_t time_s = 0;
  std::string label;  // "13:40", "Jul 12", "Jul 2016", "2016"
};
// Marks at round times (UTC) from `begin_s` up to and including `end_s`, no closer than `least_s`. There are eight at
// most, and none in years that no calendar shows.
std::vector<TimeMark> TimeMarksOf(int64_t begin_s, int64_t end_s, int64_t least_s);

}  // namespace headcount
