// Writes numbers as texts for people. Pure; runs in the coordinator, in the writer and in commands that print.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/types.h"

namespace headcount {

// At most nine characters: 1,234,567 below ten million, then 12.35 M or 4.567 G.
std::string Short(double number);
inline std::string Short(uint64_t number) { return Short(static_cast<double>(number)); }

// A number with its noun: "1 frame", "12 frames".
std::string Count(uint64_t number, const char* one, const char* many);

// A span of time in two units at most: "2 min 5 s", "3 h 10 min", "12 days".
std::string ShortSpan(int64_t seconds);

// A time as "2016-07-11T13:40:00Z". A frame may carry a time that no calendar shows; such a time is written as a number
// of seconds, which is no wider.
std::string TimeText(int64_t seconds);

// A run as logs and the status file name it: 16 hex digits.
std::string RunText(RunId run);

}  // namespace headcount
