// Decides whether any record of a partition can be counted. If none can, it says when the reader logs that: once, after
// a thousand records or ten seconds. Otherwise a stream without countable records would look like a silent one. Pure:
// the caller passes time in. Runs in the worker.
#pragma once

#include <cstdint>

#include "common/base/limits.h"
#include "common/records/verdict.h"

namespace headcount {

class UncountedWatch {
 public:
  // `after_records`: false for inputs that end by themselves. Their end reports it, so only the time limit counts for
  // them.
  explicit UncountedWatch(bool after_records) : after_records_(after_records) {}

  // --- Records, as they are decoded -------------------------------------------------------------------------
  // A valid frame can be counted, whatever verdict its time brings.
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

  // --- Results ----------------------------------------------------------------------------------------------
  // True once: no record could be counted, and there were enough of them.
  bool TakeDue(int64_t now_ms) {
    if (any_valid_ || told_ || first_ms_ < 0) return false;
    const bool many = after_records_ && before_valid_.invalid() >= limits::kUncountedRecords;
    told_ = many || now_ms - first_ms_ >= limits::kUncountedMs;
    return told_;
  }
  bool MayBeDue() const { return !any_valid_ && !told_; }
  // The invalid records before the first valid one.
  const VerdictCounts& before_valid() const { return before_valid_; }
  // How many of the newest records are invalid in a row. 0: the newest is valid, or there is none.
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
