#include "coordinator/text/number_text.h"

#include <array>
#include <cinttypes>
#include <cstddef>
#include <cstdio>

#include "common/base/units.h"

namespace headcount {

std::string Short(double number) {
  constexpr std::array<const char*, 6> kUnits = {"k", "M", "G", "T", "P", "E"};
  char text[40];
  if (number >= 1e7) {
    size_t unit = 0;
    number /= 1000;
    for (; number >= 999.95 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
    snprintf(text, sizeof text, "%.4g %s", number, kUnits[unit]);
    return text;
  }
  snprintf(text, sizeof text, "%.0f", number);
  std::string grouped = text;
  for (size_t place = grouped.size(); place > 3; place -= 3) grouped.insert(place - 3, ",");
  return grouped;
}

std::string Count(uint64_t number, const char* one, const char* many) {
  return Short(number) + " " + (number == 1 ? one : many);
}

std::string ShortSpan(int64_t seconds) {
  const auto both = [](int64_t many, const char* unit, int64_t few, const char* small) {
    return std::to_string(many) + unit + (few > 0 ? " " + std::to_string(few) + small : "");
  };
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return both(seconds / 60, " min", seconds % 60, " s");
  if (seconds < 48 * 3600) return both(seconds / 3600, " h", seconds % 3600 / 60, " min");
  return std::to_string(seconds / 86400) + " days";
}

std::string TimeText(int64_t seconds) {
  constexpr int64_t kFirstUnshown = 253'402'300'800;  // the year 10000
  return seconds >= 0 && seconds < kFirstUnshown ? FormatUtc(EventTime(seconds)) : std::to_string(seconds);
}

std::string RunText(RunId run) {
  char text[20];
  snprintf(text, sizeof text, "%016" PRIx64, run.value());
  return text;
}

}  // namespace headcount
