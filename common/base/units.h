// Reads and prints durations, sizes and times in the form that users type and read. Pure; every process uses it.
//
//   duration  5s, 500ms, 2m, 1h          the unit is never optional, so that no reader guesses a wrong one
//   size      512MiB, 1GiB, 4096, 64KiB  binary units; kB, MB, GB are powers of 1000; a bare number is bytes
//   time      2016-07-11T13:40:00Z, 2016-07-11T15:40:00+02:00, 1468244400
//
// `option` is the option before the text, e.g. "--window". Every error (kUsage) begins with the option and the text,
// and says what would be right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/types.h"

namespace headcount {

// Gives milliseconds, at most those of limits::kMaxDurationS.
Result<int64_t> ParseDurationMs(std::string_view option, std::string_view text);
// Gives seconds of event time, which has no fractions: 5000ms is five seconds, 1500ms is an error.
Result<int64_t> ParseDurationS(std::string_view option, std::string_view text);
Result<uint64_t> ParseSizeBytes(std::string_view option, std::string_view text);
// RFC 3339 or unix seconds, whole seconds only, from the epoch to below limits::kFirstMillisTs.
Result<EventTime> ParseTime(std::string_view option, std::string_view text);
// Digits only, `min` to `max`. `what` says in the plural what the number counts: "workers".
Result<int64_t> ParseCount(std::string_view option, std::string_view text, std::string_view what, int64_t min,
                           int64_t max);

// Prints in the largest unit without a remainder; the parsers above read the text back.
std::string FormatDurationMs(int64_t duration_ms);
std::string FormatSizeBytes(uint64_t size_bytes);
// "2016-07-11T13:40:00Z". `time` is finite.
std::string FormatUtc(EventTime time);

// The error of an option in the form that all share: --window "5x": `complaint`.
Error OptionError(std::string_view option, std::string_view text, std::string_view complaint);

}  // namespace headcount
