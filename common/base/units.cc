#include "common/base/units.h"

#include <time.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "common/base/limits.h"

namespace headcount {
namespace {

constexpr std::string_view kDurationHint = "a duration is a whole number and a unit: 500ms, 5s, 2m or 1h";
constexpr std::string_view kSizeHint =
    "a size is a whole number and a unit: 64KiB, 512MiB or 1GiB, or a number of bytes";
constexpr std::string_view kTimeHint =
    "a time is RFC 3339 with its zone, such as 2016-07-11T13:40:00Z, or unix seconds, such as 1468244400";

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first: the printer takes the first unit without a remainder.
constexpr std::array<Unit, 4> kDurationUnits = {{{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 5> kSizeUnits = {{{"TiB", uint64_t{1} << 40},
                                             {"GiB", uint64_t{1} << 30},
                                             {"MiB", uint64_t{1} << 20},
                                             {"KiB", uint64_t{1} << 10},
                                             {"", 1}}};
// Parsed, never printed.
constexpr std::array<Unit, 6> kOtherSizeUnits = {
    {{"B", 1}, {"kB", 1000}, {"KB", 1000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}}};

template <size_t N>
std::optional<uint64_t> FactorOf(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

// Takes the digits at the start off `text` and gives their number.
std::optional<uint64_t> TakeNumber(std::string_view* text) {
  uint64_t number = 0;
  const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (status != std::errc()) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return number;
}

std::optional<uint64_t> Multiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

template <size_t N>
std::string FormatIn(const std::array<Unit, N>& units, uint64_t amount) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) return std::to_string(amount / unit.factor).append(unit.name);
  }
  return "0";
}

// Takes exactly `width` digits off the start of `text`, then `separator` unless it is 0.
std::optional<int> TakeField(std::string_view* text, size_t width, char separator) {
  if (text->size() < width + (separator != 0 ? 1 : 0)) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < width; ++i) {
    const char c = (*text)[i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (separator != 0 && ((*text)[width] | 0x20) != (separator | 0x20)) return std::nullopt;
  text->remove_prefix(width + (separator != 0 ? 1 : 0));
  return value;
}

// "Z", "+02:00" or "-05:30" as seconds east of Greenwich.
std::optional<int> ZoneSeconds(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const std::optional<int> hours = TakeField(&text, 2, ':');
  const std::optional<int> minutes = hours ? TakeField(&text, 2, 0) : std::nullopt;
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

// timegm() turns days that the calendar does not have (February 30th) into other ones.
std::optional<int64_t> CivilSeconds(int year, int month, int day, int hour, int minute, int second) {
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  tm civil{};
  civil.tm_year = year - 1900;
  civil.tm_mon = month - 1;
  civil.tm_mday = day;
  civil.tm_hour = hour;
  civil.tm_min = minute;
  civil.tm_sec = second;
  const int64_t seconds = timegm(&civil);
  if (civil.tm_year != year - 1900 || civil.tm_mon != month - 1 || civil.tm_mday != day) return std::nullopt;
  return seconds;
}

std::optional<int64_t> Rfc3339Seconds(std::string_view text) {
  constexpr std::array<size_t, 6> kWidths = {4, 2, 2, 2, 2, 2};
  constexpr std::array<char, 6> kSeparators = {'-', '-', 'T', ':', ':', 0};
  std::array<int, 6> fields{};
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::optional<int> field = TakeField(&text, kWidths[i], kSeparators[i]);
    if (!field) return std::nullopt;
    fields[i] = *field;
  }
  const std::optional<int> zone_s = ZoneSeconds(text);
  const std::optional<int64_t> civil_s = CivilSeconds(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
  if (!zone_s || !civil_s) return std::nullopt;
  return *civil_s - *zone_s;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Error OptionError(std::string_view option, std::string_view text, std::string_view complaint) {
  return Error{ExitCode::kUsage, std::string(option).append(" \"").append(text).append("\": ").append(complaint)};
}

Result<int64_t> ParseDurationMs(std::string_view option, std::string_view text) {
  std::string_view rest = text;
  const std::optional<uint64_t> number = TakeNumber(&rest);
  if (AllDigits(text) && number) {
    return OptionError(option, text, std::string("the unit is missing; ").append(kDurationHint));
  }
  const std::optional<uint64_t> factor = FactorOf(kDurationUnits, rest);
  if (!number || !factor) return OptionError(option, text, kDurationHint);
  const std::optional<uint64_t> duration_ms = Multiply(*number, *factor);
  if (!duration_ms || *duration_ms > static_cast<uint64_t>(limits::kMaxDurationS) * 1000) {
    return OptionError(option, text, "at most " + FormatDurationMs(limits::kMaxDurationS * 1000) + " (a year)");
  }
  return static_cast<int64_t>(*duration_ms);
}

Result<int64_t> ParseDurationS(std::string_view option, std::string_view text) {
  Result<int64_t> duration_ms = ParseDurationMs(option, text);
  if (!duration_ms) return duration_ms;
  if (*duration_ms % 1000 != 0) return OptionError(option, text, "whole seconds are needed, such as 5s, 2m or 1h");
  return *duration_ms / 1000;
}

Result<uint64_t> ParseSizeBytes(std::string_view option, std::string_view text) {
  std::string_view rest = text;
  const std::optional<uint64_t> number = TakeNumber(&rest);
  std::optional<uint64_t> factor = FactorOf(kSizeUnits, rest);
  if (!factor) factor = FactorOf(kOtherSizeUnits, rest);
  if (!number || !factor) return OptionError(option, text, kSizeHint);
  const std::optional<uint64_t> size_bytes = Multiply(*number, *factor);
  if (!size_bytes) return OptionError(option, text, "that is more bytes than can be counted");
  return *size_bytes;
}

Result<EventTime> ParseTime(std::string_view option, std::string_view text) {
  std::optional<int64_t> seconds;
  if (AllDigits(text)) {
    std::string_view rest = text;
    const std::optional<uint64_t> number = TakeNumber(&rest);
    if (!number || *number >= static_cast<uint64_t>(limits::kFirstMillisTs)) {
      return OptionError(option, text, "unix seconds are needed, and this looks like milliseconds");
    }
    seconds = static_cast<int64_t>(*number);
  } else {
    seconds = Rfc3339Seconds(text);
  }
  if (!seconds || *seconds < 0 || *seconds >= limits::kFirstMillisTs) return OptionError(option, text, kTimeHint);
  return EventTime(*seconds);
}

Result<int64_t> ParseCount(std::string_view option, std::string_view text, std::string_view what, int64_t min,
                           int64_t max) {
  std::string_view rest = text;
  const std::optional<uint64_t> number = AllDigits(text) ? TakeNumber(&rest) : std::nullopt;
  if (!number || *number > static_cast<uint64_t>(max) || static_cast<int64_t>(*number) < min) {
    return OptionError(option, text,
                       "a number of " + std::string(what) + " from " + std::to_string(min) + " to " +
                           std::to_string(max) + " is needed");
  }
  return static_cast<int64_t>(*number);
}

std::string FormatDurationMs(int64_t duration_ms) {
  if (duration_ms == 0) return "0s";
  return FormatIn(kDurationUnits, static_cast<uint64_t>(duration_ms));
}

std::string FormatSizeBytes(uint64_t size_bytes) { return FormatIn(kSizeUnits, size_bytes); }

std::string FormatUtc(EventTime time) {
  const time_t seconds = time.seconds();
  tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return std::string(text, length);
}

}  // namespace headcount
