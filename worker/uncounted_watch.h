// Whether anything of a partition can be counted at all, and if not, when that is to be said: once, after a thousand
// records or ten seconds. A stream of which nothing is counted would otherwise look like one that is silent. Pure: time
// is passed in. Runs in the worker.
#pragma once

#include <cstdint>

#include "common/base/limits.h"
#include "common/records/verdict.h"

namespace headcount {

class UncountedWatch {
 public:
  // `after_records`: false for inputs that end by themselves, whose end says it; only a long one says it before.
  explicit UncountedWatch(bool after_records) : after_records_(after_records) {}

  // --- Records, as they are decoded -------------------------------------------------------------------------
  // A valid frame is one that can be counted, whatever its time makes of it.
  void OnValid() {
    any_valid_ = true;
    in_a_row_ = 0;
  }
  void OnInvalid(InvalidReason reason, int64_t now_ms) {
    if (!any_valid_ && first_ms_ < 0) first_ms_ = now_ms;
    if (!any_valid_) ++before_valid_.invalid_by_reason[static_cast<size_t>(reason)];
    ++in_a_row_;
    last_ = reason;
  }

  // --- What is to be said -----------------------------------------------------------------------------------
  // True once: nothing of it could be counted, and enough was seen to say so.
  bool TakeDue(int64_t now_ms) {
    if (any_valid_ || told_ || first_ms_ < 0) return false;
    const bool many = after_records_ && before_valid_.invalid() >= limits::kUncountedRecords;
    told_ = many || now_ms - first_ms_ >= limits::kUncountedMs;
    return told_;
  }
  bool MayBeDue() const { return !any_valid_ && !told_; }
  // Invalid ones before the first valid one.
  const VerdictCounts& before_valid() const { return before_valid_; }
  // The newest records that are all invalid; 0: the newest is valid, or there is none.
  uint64_t in_a_row() const { return in_a_row_; }
  InvalidReason last() const { return last_; }

 private:
  const bool after_records_;
  bool any_valid_ = false;
  bool told_ = false;
  int64_t first_ms_ = -1;  // of the first invalid record; -1: there is none
  VerdictCounts before_valid_;
  uint64_t in_a_row_ = 0;
  InvalidReason last_ = InvalidReason::kNoValue;
};

}  // namespace headcount
