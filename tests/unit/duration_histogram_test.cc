// Durations by bucket (common/base/duration_histogram.h).
#include "common/base/duration_histogram.h"

#include <gtest/gtest.h>

namespace headcount {
namespace {

TEST(DurationHistogram, ABoundBelongsToItsBucketAndWhatIsLongerToTheNext) {
  DurationHistogram durations;
  for (const int64_t bound_us : kDurationBoundsUs) {
    durations.Add(bound_us);
    durations.Add(bound_us + 1);
  }
  EXPECT_EQ(durations.counts.front(), 1U);
  for (size_t i = 1; i + 1 < kDurationBuckets; ++i) EXPECT_EQ(durations.counts[i], 2U) << i;
  EXPECT_EQ(durations.counts.back(), 1U);
  EXPECT_EQ(durations.count(), 2 * kDurationBoundsUs.size());
}

TEST(DurationHistogram, TwoAreAddedBucketByBucketAndAClockThatWentBackAddsNothingToTheSum) {
  DurationHistogram one;
  one.Add(150);
  one.Add(-7);
  EXPECT_EQ(one.sum_us, 150U);
  EXPECT_EQ(one.counts[0], 1U);
  DurationHistogram both = one;
  both += one;
  EXPECT_EQ(both.sum_us, 300U);
  EXPECT_EQ(both.count(), 4U);
  EXPECT_EQ(both.counts[1], 2U);
}

}  // namespace
}  // namespace headcount
