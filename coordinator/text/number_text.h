// Numbers for people. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/types.h"

namespace headcount {

// At most nine characters: 1,234,567, from ten million on 12.35 M, 4.567 G.
std::string Short(double number);
inline std::string Short(uint64_t number) { return Short(static_cast<double>(number)); }

// "1 frame", "12 frames".
std::string Count(uint64_t number, const char* one, const char* many);

// A span of time in two units at most: "2 min 5 s", "3 h 10 min", "12 days".
std::string ShortSpan(int64_t seconds);

// "2016-07-11T13:40:00Z". A time that a frame may claim but no calendar shows is a number, and no wider.
std::string TimeText(int64_t seconds);

// As logs and the status file name a run: 16 hex digits.
std::string RunText(RunId run);

}  // namespace headcount
