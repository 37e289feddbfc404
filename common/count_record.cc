#include "common/count_record.h"

#include <rapidjson/document.h>

#include "common/limits.h"
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

std::optional<CountRecord> ParseCountRecord(std::string_view value) {
  // Whoever may write to the topic may write anything: deep nesting must not run out of stack.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(value.data(), value.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  bool whole = true;
  const auto number = [&document, &whole](const char* name) {
    const auto found = document.FindMember(name);
    whole = whole && found != document.MemberEnd() && found->value.IsUint64();
    return whole ? found->value.GetUint64() : 0;
  };
  CountRecord record;
  const auto start = static_cast<int64_t>(number("window_start"));
  const auto end = static_cast<int64_t>(number("window_end"));
  record.start = WindowStart(start);
  record.window_s = end - start;
  record.unique_users = number("unique_users");
  record.counts.counted = number("events");
  record.counts.late = number("late");
  record.counts.invalid_by_reason[0] = number("invalid");
  record.counts.future = number("future");
  // Times that no frame can have: this is nobody's minute.
  const bool sane = start >= 0 && start < limits::kMaxTs && end > start && end - start <= limits::kMaxDurationS;
  return whole && sane ? std::optional(record) : std::nullopt;
}

}  // namespace headcount
