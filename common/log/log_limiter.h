// Keeps repeating lines from filling the log: it admits ten lines of each kind in a minute and counts the others. Pure:
// the caller passes the time. Every process uses it through common/log/log.h, and workers use it for rejected frames.
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

// One kind of line. Its minute begins with its first line and ends when TakeDue() finds it over.
class LineLimit {
 public:
  // Whether the caller shows this line. Call TakeDue() before: otherwise a minute that is over goes on.
  bool Admit(int64_t now_ms) {
    if (lines_ == 0) due_ms_ = now_ms + limits::kLogMinuteMs;
    return ++lines_ <= limits::kLogLinesAMinute;
  }
  // How many lines were suppressed in the minute, if it is over; then the minute has ended.
  uint64_t TakeDue(int64_t now_ms) { return lines_ > 0 && now_ms >= due_ms_ ? Take() : 0; }
  // The same at the end of the process, whether the minute is over or not.
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
  struct Suppressed {
    LogAction action;
    std::string reason;
    uint64_t lines;
  };

  // Whether the caller shows this line. Call TakeDue() before.
  bool Admit(LogAction action, std::string_view reason, int64_t now_ms);
  // What was suppressed in the minutes that are over by `now_ms`. INT64_MAX ends all of them.
  std::vector<Suppressed> TakeDue(int64_t now_ms);

  // Before this time TakeDue() returns nothing.
  int64_t next_due_ms() const { return next_due_ms_; }

 private:
  std::map<std::pair<LogAction, std::string>, LineLimit, std::less<>> kinds_;
  int64_t next_due_ms_ = INT64_MAX;
};

}  // namespace headcount
