// Durations, sizes and times as people type and read them. Pure; every process uses it.
//
//   duration  5s, 500ms, 2m, 1h          a unit is always needed, so that none can be guessed wrong
//   size      512MiB, 1GiB, 4096, 64KiB  binary units; kB, MB, GB are powers of 1000; a bare number is bytes
//   time      2016-07-11T13:40:00Z, 2016-07-11T15:40:00+02:00, 1468244400
//
// `option` is what the text stands behind, e.g. "--window"; every error (kUsage) begins with it and with the
// text, and says what would be right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/types.h"

namespace headcount {

// Durations are at most limits::kMaxDurationS.
Result<int64_t> ParseDurationMs(std::string_view option, std::string_view text);
// For event time, which has no parts of a second: 5000ms is five seconds, 1500ms is an error.
Result<int64_t> ParseDurationS(std::string_view option, std::string_view text);
Result<uint64_t> ParseSizeBytes(std::string_view option, std::string_view text);
// RFC 3339 or unix seconds, from the epoch to where frames' own times end. Whole seconds.
Result<EventTime> ParseTime(std::string_view option, std::string_view text);
// Digits only; `what` says what it counts, in the plural: "workers".
Result<int64_t> ParseCount(std::string_view option, std::string_view text, std::string_view what, int64_t min,
                           int64_t max);

// In the largest unit that leaves no rest; what the parsers above take back.
std::string FormatDurationMs(int64_t duration_ms);
std::string FormatSizeBytes(uint64_t size_bytes);
// "2016-07-11T13:40:00Z". `time` is finite.
std::string FormatUtc(EventTime time);

// How every error about an option begins: --window "5x": `complaint`.
Error OptionError(std::string_view option, std::string_view text, std::string_view complaint);

}  // namespace headcount
