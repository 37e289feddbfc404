#include "common/records/count_record.h"

#include <rapidjson/document.h>

#include "common/base/limits.h"
#include "common/base/units.h"

namespace headcount {
namespace {

// Any producer may write any bytes to the topic: deep nesting must not exhaust the stack.
constexpr unsigned kSafeFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

}  // namespace

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
  // The set is exact and the record final. A consumer can tell it from the record of an approximating or correcting
  // job.
  add("method", "\"exact\"");
  add("error", "0.0");
  add("revision", "0");
  return text += '}';
}

std::optional<CountRecord> ParseCountRecord(std::string_view value) {
  rapidjson::Document document;
  document.Parse<kSafeFlags>(value.data(), value.size());
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
  // No frame can have such times, so headcount never wrote this record.
  const bool sane = start >= 0 && start < limits::kMaxTs && end > start && end - start <= limits::kMaxDurationS;
  return whole && sane ? std::optional(record) : std::nullopt;
}

namespace {

// Checks the numbers against each other.
std::string WhyImpossible(const CountRecord& record) {
  const VerdictCounts& counts = record.counts;
  constexpr uint64_t kMost = uint64_t{1} << 62;
  if (record.start.seconds() % record.window_s != 0) {
    return "no window of " + std::to_string(record.window_s) + " s begins at its window_start";
  }
  for (const uint64_t number : {counts.counted, counts.late, counts.invalid(), counts.future}) {
    if (number > kMost) return "a number in it is greater than any count";
  }
  if (record.unique_users > counts.counted) return "it has more unique_users than events";
  if (record.unique_users == 0 && counts.counted > 0) return "it has events of no user";
  return counts.empty() ? "it counts nothing, and a window without a record has none" : "";
}

// Checks the fields beside the numbers.
std::string WhyOtherFields(const rapidjson::Document& document, const CountRecord& record) {
  const auto text = [&document](const char* name) {
    const auto found = document.FindMember(name);
    const bool is_text = found != document.MemberEnd() && found->value.IsString();
    return is_text ? std::string(found->value.GetString(), found->value.GetStringLength()) : std::string();
  };
  if (text("minute") != FormatUtc(record.start.time())) return "its minute is not the time of its window_start";
  if (text("method").empty()) return "it has no method";
  for (const char* name : {"error", "revision"}) {
    const auto found = document.FindMember(name);
    if (found == document.MemberEnd() || !found->value.IsNumber()) return std::string("it has no ") + name;
  }
  return "";
}

}  // namespace

std::string WhyForeign(std::optional<std::string_view> key, std::string_view value) {
  const std::optional<CountRecord> record = ParseCountRecord(value);
  if (!record) return "its value is no record of a minute";
  if (key && *key != KeyText(*record)) return "its key is not its window_start";
  if (std::string why = WhyImpossible(*record); !why.empty()) return why;
  rapidjson::Document document;
  document.Parse<kSafeFlags>(value.data(), value.size());
  return WhyOtherFields(document, *record);
}

}  // namespace headcount
