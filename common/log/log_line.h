// Formats a line of the log: as text for people, or for programs as a JSON object by the Elastic Common Schema. Pure;
// every process uses it through common/log/log.h.
//   2026-01-31T10:20:30.123Z WARN  coordinator worker=1 pid=4711 generation=2 signal=9 ...
//   {"@timestamp":"2026-01-31T10:20:30.123Z","log":{"level":"warn"},"message":"worker=1 pid=4711 ...",...}
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/log/log_actions.h"

namespace headcount {

enum class LogFormat : uint8_t { kText, kEcs };

// A label and its value in one line. Owns nothing: the text must outlive the call that makes the line.
class LabelValue {
 public:
  // The line leaves the label out if the text is empty or the number is missing.
  LabelValue(LogLabel label, std::string_view text) : label_(label), text_(text) {}
  LabelValue(LogLabel label, std::optional<int64_t> number) : label_(label), number_(number) {}
  template <typename Integer, typename = std::enable_if_t<std::is_integral_v<Integer>>>
  LabelValue(LogLabel label, Integer number) : label_(label), number_(static_cast<int64_t>(number)) {}

  LogLabel label() const { return label_; }
  LogLabelType type() const { return number_ ? LogLabelType::kNumber : LogLabelType::kText; }
  bool empty() const { return text_.empty() && !number_; }
  std::string_view text() const { return text_; }
  int64_t number() const { return number_.value_or(0); }

 private:
  LogLabel label_;
  std::string_view text_;
  std::optional<int64_t> number_;
};

struct LogRecord {
  int64_t at_ms = 0;  // since the epoch
  LogAction action{};
  std::string_view message;
  const LabelValue* labels = nullptr;
  size_t label_count = 0;
  // The process that logs.
  std::string_view role;
  int64_t pid = 0;
  std::string_view version;  // headcount's own
};

// Ends with the line break; a line break in the message becomes a space. It shows no labels: the message holds what
// people need.
std::string TextLine(const LogRecord& record);

// One JSON object and a line break, valid UTF-8 whatever bytes the message and the labels hold. At most
// limits::kLogLineBytes long: it cuts texts that do not fit.
std::string EcsLine(const LogRecord& record);

}  // namespace headcount
