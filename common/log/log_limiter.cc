#include "common/log/log_limiter.h"

#include <algorithm>

namespace headcount {

bool LogLimiter::Admit(LogAction action, std::string_view reason, int64_t now_ms) {
  std::pair<LogAction, std::string> kind(action, reason);
  // Beyond the bound on kinds, the new reasons of one action share one limit.
  if (kinds_.size() >= limits::kMaxLogKinds && kinds_.count(kind) == 0) kind.second.clear();
  LineLimit& limit = kinds_[std::move(kind)];
  const bool shown = limit.Admit(now_ms);
  next_due_ms_ = std::min(next_due_ms_, limit.due_ms());
  return shown;
}

std::vector<LogLimiter::Suppressed> LogLimiter::TakeDue(int64_t now_ms) {
  std::vector<Suppressed> all;
  if (now_ms < next_due_ms_) return all;
  next_due_ms_ = INT64_MAX;
  for (auto kind = kinds_.begin(); kind != kinds_.end();) {
    const uint64_t lines = kind->second.TakeDue(now_ms);
    if (lines > 0) all.push_back({kind->first.first, kind->first.second, lines});
    if (kind->second.idle()) {
      kind = kinds_.erase(kind);
    } else {
      next_due_ms_ = std::min(next_due_ms_, kind->second.due_ms());
      ++kind;
    }
  }
  return all;
}

}  // namespace headcount
