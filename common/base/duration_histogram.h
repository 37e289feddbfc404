// Counts how often an operation took how long. The bounds suit both a batch of frames (a fraction of a millisecond) and
// a transaction (up to its timeout). Pure; every process uses it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace headcount {

inline constexpr std::array<int64_t, 14> kDurationBoundsUs = {
    100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000, 30'000'000};
inline constexpr size_t kDurationBuckets = kDurationBoundsUs.size() + 1;

struct DurationHistogram {
  // counts[i]: durations above bound i - 1 and at most bound i. The last bucket holds those above every bound.
  std::array<uint64_t, kDurationBuckets> counts{};
  uint64_t sum_us = 0;

  void Add(int64_t duration_us) {
    const auto bound = std::lower_bound(kDurationBoundsUs.begin(), kDurationBoundsUs.end(), duration_us);
    ++counts[static_cast<size_t>(bound - kDurationBoundsUs.begin())];
    sum_us += static_cast<uint64_t>(std::max<int64_t>(0, duration_us));
  }
  uint64_t count() const {
    uint64_t sum = 0;
    for (const uint64_t n : counts) sum += n;
    return sum;
  }
  DurationHistogram& operator+=(const DurationHistogram& other) {
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum_us += other.sum_us;
    return *this;
  }
  friend bool operator==(const DurationHistogram& a, const DurationHistogram& b) {
    return a.counts == b.counts && a.sum_us == b.sum_us;
  }
};

}  // namespace headcount
