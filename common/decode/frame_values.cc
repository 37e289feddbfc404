#include "common/decode/frame_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "common/base/limits.h"

namespace headcount {
namespace {

constexpr int64_t kMillisPerSecond = 1000;

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Looks at each byte once. std::string_view would search the set of characters for each byte of every frame.
bool IsInteger(std::string_view number) {
  return std::all_of(number.begin(), number.end(), [](char c) { return c != '.' && (c | 0x20) != 'e'; });
}

// `digits` are all digits.
std::optional<EventTime> TsOfDigits(std::string_view digits) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc()) return std::nullopt;
  return TsOfInteger(value);
}

// The power of ten of the first digit that is not zero: 2 for "123.4", -3 for "0.00123e0". It clamps the exponent to a
// value that no number of digits in a frame can outweigh.
int64_t DecimalMagnitude(std::string_view number) {
  const size_t exponent_at = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, exponent_at);
  const size_t point_at = std::min(mantissa.find('.'), mantissa.size());
  const size_t first_digit_at = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  const auto point = static_cast<int64_t>(point_at);
  const auto first_digit = static_cast<int64_t>(first_digit_at);
  const int64_t magnitude = first_digit < point ? point - first_digit - 1 : point - first_digit;

  if (exponent_at == number.size()) return magnitude;
  std::string_view exponent_text = number.substr(exponent_at + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  constexpr int64_t kClamp = int64_t{1} << 40;
  static_assert(kClamp > int64_t{limits::kMaxFrameBytesCeiling}, "a clamped exponent must outweigh all digits");
  int64_t exponent = 0;
  const auto [end, error] =
      std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (error != std::errc()) exponent = exponent_text.front() == '-' ? -kClamp : kClamp;
  return magnitude + std::clamp(exponent, -kClamp, kClamp);
}

// Rounds as IEEE 754: a number too small becomes zero, one too large has no value here. std::from_chars answers "out of
// range" to both, and the caller has to distinguish them.
std::optional<double> DoubleOf(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc()) return value;
  if (error == std::errc::result_out_of_range && DecimalMagnitude(number) < 0) return 0.0;
  return std::nullopt;
}

}  // namespace

std::optional<EventTime> TsOfInteger(uint64_t value) {
  if (value >= uint64_t{limits::kMaxTs}) return std::nullopt;
  const auto ts = static_cast<int64_t>(value);
  return EventTime(ts >= limits::kFirstMillisTs ? ts / kMillisPerSecond : ts);
}

std::optional<EventTime> TsOfNumber(std::string_view text) {
  const bool negative = text.front() == '-';
  if (IsInteger(text)) {
    const std::optional<EventTime> ts = TsOfDigits(text.substr(negative ? 1 : 0));
    if (negative && ts && ts->seconds() != 0) return std::nullopt;
    return ts;
  }
  const std::optional<double> value = DoubleOf(text);
  // -0.0 is not below zero, and floors to 0.
  if (!value || !(*value >= 0.0 && *value < static_cast<double>(limits::kMaxTs))) return std::nullopt;
  const bool is_millis = *value >= static_cast<double>(limits::kFirstMillisTs);
  return EventTime(static_cast<int64_t>(std::floor(is_millis ? *value / double{kMillisPerSecond} : *value)));
}

std::optional<EventTime> TsOfString(std::string_view text) {
  if (text.empty() || text.size() > limits::kMaxTsDigits || !AllDigits(text)) return std::nullopt;
  return TsOfDigits(text);
}

bool IsUidNumber(std::string_view text) { return IsInteger(text) && text.size() <= limits::kMaxUidBytes; }

bool IsUidString(std::string_view text) { return !text.empty() && text.size() <= limits::kMaxUidBytes; }

}  // namespace headcount
