// One line a message to stderr, written with a single write(2), so that the lines of several processes do
// not mix. Every process uses it; SetLogRole says who is speaking.
//   2026-01-31T10:20:30.123Z INFO  worker-1 reading partitions=[1,3]
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/log_actions.h"
#include "common/result.h"

namespace headcount {

// Who speaks in this process: "coordinator", "writer", "worker-3". Called once after a fork.
void SetLogRole(std::string role);
// Messages below it are dropped. Starts at kInfo.
void SetLogLevel(LogLevel level);

// There is a progress line on the terminal that stderr is (coordinator/progress_line.h): each message wipes it
// before it takes its place. Called before the first fork.
void ShareTerminalWithProgressLine();
// For what else is about to be written to that terminal. Nothing happens where there is no such line.
void WipeProgressLine();
inline constexpr char kWipeLine[] = "\r\x1b[K";

// A label and what it says here. Owns nothing: a text outlives the call of Log() that it is made for.
class LabelValue {
 public:
  // An empty text, like a number that is not there, leaves the label out.
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

// The message is one sentence or line for people; a line break in it is written as a space. It never holds a uid or
// a frame. The labels are those of the action (log_actions.h); on the terminal they are not shown.
void Log(LogAction action, std::string_view message, std::initializer_list<LabelValue> labels = {});
// The same of an error that ends something, which also tells its exit code.
void LogFailure(LogAction action, const Error& error);

}  // namespace headcount
