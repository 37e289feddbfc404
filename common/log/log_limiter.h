// Keeps what repeats from filling the log: of each kind of line ten a minute are shown, the others counted. Pure: the
// clock is passed in. Used by common/log/log.h, and by workers for the frames they name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/limits.h"
#include "common/log/log_actions.h"

namespace headcount {

// One kind of line. Its minute begins with the first line and ends when somebody asks after it.
class LineLimit {
 public:
  // Whether this line is to be shown. Ask TakeDue() before: lines left out of a minute that is over are counted on.
  bool Admit(int64_t now_ms) {
    if (lines_ == 0) due_ms_ = now_ms + limits::kLogMinuteMs;
    return ++lines_ <= limits::kLogLinesAMinute;
  }
  // How many were left out of the minute, if it is over; then it has ended.
  uint64_t TakeDue(int64_t now_ms) { return lines_ > 0 && now_ms >= due_ms_ ? Take() : 0; }
  // The same at the end of all, whether it is over or not.
  uint64_t Take() {
    const uint64_t lines = std::exchange(lines_, 0);
    return lines <= limits::kLogLinesAMinute ? 0 : lines - limits::kLogLinesAMinute;
  }

  bool idle() const { return lines_ == 0; }
  int64_t due_ms() const { return due_ms_; }

 private:
  uint64_t lines_ = 0;
  int64_t due_ms_ = 0;
};

// All kinds of lines of a process: a kind is an action and a reason.
class LogLimiter {
 public:
  struct LeftOut {
    LogAction action;
    std::string reason;
    uint64_t lines;
  };

  // Whether this line is to be shown. Ask TakeDue() before.
  bool Admit(LogAction action, std::string_view reason, int64_t now_ms);
  // What was left out of the minutes that are over by `now_ms`; at the end of all things, INT64_MAX, they all are.
  std::vector<LeftOut> TakeDue(int64_t now_ms);

  // Before it TakeDue() has nothing to give.
  int64_t next_due_ms() const { return next_due_ms_; }

 private:
  std::map<std::pair<LogAction, std::string>, LineLimit, std::less<>> kinds_;
  int64_t next_due_ms_ = INT64_MAX;
};

}  // namespace headcount
