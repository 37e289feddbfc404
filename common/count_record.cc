#include "common/count_record.h"

#include <string_view>

#include "common/units.h"

namespace headcount {

std::string KeyText(const CountRecord& record) { return std::to_string(record.start.seconds()); }

std::string ValueText(const CountRecord& record) {
  std::string text = "{";
  const auto add = [&text](std::string_view name, const std::string& value) {
    if (text.size() > 1) text += ',';
    text.append("\"").append(name).append("\":").append(value);
  };
  add("window_start", std::to_string(record.start.seconds()));
  add("window_end", std::to_string(record.start.seconds() + record.window_s));
  add("minute", '"' + FormatUtc(record.start.time()) + '"');
  add("unique_users", std::to_string(record.unique_users));
  add("events", std::to_string(record.counts.counted));
  add("late", std::to_string(record.counts.late));
  add("invalid", std::to_string(record.counts.invalid()));
  add("future", std::to_string(record.counts.future));
  // The set is exact, the record final: a consumer of an approximating or correcting job can tell.
  add("method", "\"exact\"");
  add("error", "0.0");
  add("revision", "0");
  return text += '}';
}

}  // namespace headcount
