#include "coordinator/commands/report/html_text.h"

#include <array>
#include <cstddef>

#include "common/base/utf8_text.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kDateLength = 10;  // 2016-07-11

std::string_view EscapedCharacter(std::string_view character) {
  if (character.size() > 1) return character;
  switch (character[0]) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return character[0] < ' ' || character[0] == '\x7F' ? kReplacement : character;
  }
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const size_t bytes = Utf8CharacterBytes(text);
    escaped += bytes == 0 ? kReplacement : EscapedCharacter(text.substr(0, bytes));
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return escaped;
}

std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, ",");
  return text;
}

std::string DateOf(int64_t time_s) {
  const std::string text = TimeText(time_s);  // 2016-07-11T13:40:00Z, or a number
  return text.back() == 'Z' ? text.substr(0, kDateLength) : "";
}

std::string TimeOfDay(int64_t time_s) {
  std::string text = TimeText(time_s);
  if (text.back() != 'Z') return text;
  return text.substr(kDateLength + 1, time_s % 60 == 0 ? 5 : 8);
}

std::string ClockTime(int64_t time_s) {
  const std::string date = DateOf(time_s);
  return date.empty() ? TimeOfDay(time_s) : date + " " + TimeOfDay(time_s);
}

std::string ClockTimes(int64_t from_s, int64_t to_s) {
  const bool one_day = !DateOf(from_s).empty() && DateOf(from_s) == DateOf(to_s);
  return ClockTime(from_s) + " to " + (one_day ? TimeOfDay(to_s) : ClockTime(to_s));
}

std::string SpanText(int64_t span_s) {
  struct Unit {
    int64_t length_s;
    const char* one;
    const char* many;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{86400, "day", "days"}, {3600, "hour", "hours"}, {60, "minute", "minutes"}, {1, "second", "seconds"}}};
  std::string text;
  int units = 0;
  for (const Unit& unit : kUnits) {
    const int64_t count = span_s / unit.length_s;
    if (count > 0 && units < 2) {
      text += (text.empty() ? "" : " ") + Counted(static_cast<uint64_t>(count), unit.one, unit.many);
      ++units;
    } else if (units > 0) {
      break;  // "2 days", rather than "2 days 5 seconds"
    }
    span_s %= unit.length_s;
  }
  return text.empty() ? "0 seconds" : text;
}

std::string Counted(uint64_t count, std::string_view one, std::string_view many) {
  return Grouped(count).append(" ").append(count == 1 ? one : many);
}

}  // namespace headcount
