// Stores verdict counts and durations into the shared memory, and loads them. Only the views use it, in every process.
#pragma once

#include "common/base/duration_histogram.h"
#include "common/records/verdict.h"
#include "common/shm/layout.h"

namespace headcount::shm {

inline void Store(SharedCounts* shared, const VerdictCounts& counts) {
  shared->counted.store(counts.counted, std::memory_order_relaxed);
  shared->late.store(counts.late, std::memory_order_relaxed);
  shared->future.store(counts.future, std::memory_order_relaxed);
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    shared->invalid_by_reason[i].store(counts.invalid_by_reason[i], std::memory_order_relaxed);
  }
}

inline void Store(SharedDurations* shared, const DurationHistogram& durations) {
  for (size_t i = 0; i < kDurationBuckets; ++i) {
    shared->counts[i].store(durations.counts[i], std::memory_order_relaxed);
  }
  shared->sum_us.store(durations.sum_us, std::memory_order_relaxed);
}

inline DurationHistogram Load(const SharedDurations& shared) {
  DurationHistogram durations;
  for (size_t i = 0; i < kDurationBuckets; ++i) {
    durations.counts[i] = shared.counts[i].load(std::memory_order_relaxed);
  }
  durations.sum_us = shared.sum_us.load(std::memory_order_relaxed);
  return durations;
}

inline VerdictCounts Load(const SharedCounts& shared) {
  VerdictCounts counts;
  counts.counted = shared.counted.load(std::memory_order_relaxed);
  counts.late = shared.late.load(std::memory_order_relaxed);
  counts.future = shared.future.load(std::memory_order_relaxed);
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    counts.invalid_by_reason[i] = shared.invalid_by_reason[i].load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace headcount::shm
