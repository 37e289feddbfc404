// Writes the texts of a page: escaped text, and numbers and times as people read them. Pure; runs in `headcount
// report`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace headcount {

// For text and for attributes in quotes. Bytes that are not UTF-8, and control characters, become U+FFFD.
std::string Escaped(std::string_view text);

// "12,345,678"
std::string Grouped(uint64_t number);

// "2016-07-11 13:40", with seconds if it has some; TimeText's number if no calendar shows the time. UTC.
std::string ClockTime(int64_t time_s);
// Its two halves: "2016-07-11", "13:40". The first is empty if no calendar shows the time.
std::string DateOf(int64_t time_s);
std::string TimeOfDay(int64_t time_s);

// "2016-07-11 13:40 to 14:40", "2016-07-11 13:40 to 2016-07-12 01:00"
std::string ClockTimes(int64_t from_s, int64_t to_s);

// "1 minute", "3 hours 20 minutes", "7 days": two units at most.
std::string SpanText(int64_t span_s);

// "1 minute", "1,440 minutes"
std::string Counted(uint64_t count, std::string_view one, std::string_view many);

}  // namespace headcount
