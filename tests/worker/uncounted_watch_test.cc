// When it is said that nothing of a partition can be counted.
#include "worker/uncounted_watch.h"

#include <gtest/gtest.h>

namespace headcount {
namespace {

constexpr InvalidReason kReason = InvalidReason::kBadTs;

void TakeInvalid(UncountedWatch* watch, uint64_t count, int64_t now_ms) {
  for (uint64_t i = 0; i < count; ++i) watch->OnInvalid(kReason, now_ms);
}

TEST(UncountedWatch, SaysSoOnceAfterAThousandRecords) {
  UncountedWatch watch(true);
  TakeInvalid(&watch, limits::kUncountedRecords - 1, 5);
  EXPECT_FALSE(watch.TakeDue(6));
  TakeInvalid(&watch, 1, 7);
  EXPECT_TRUE(watch.TakeDue(7));
  EXPECT_EQ(watch.before_valid().invalid(), limits::kUncountedRecords);
  TakeInvalid(&watch, 5'000, 8);
  EXPECT_FALSE(watch.TakeDue(100'000));
}

TEST(UncountedWatch, SaysSoTenSecondsAfterTheFirstHoweverFewThereAre) {
  UncountedWatch watch(true);
  EXPECT_FALSE(watch.TakeDue(1'000'000)) << "where nothing has come, nothing is wrong";
  TakeInvalid(&watch, 1, 1'000'000);
  EXPECT_FALSE(watch.TakeDue(1'000'000 + limits::kUncountedMs - 1));
  EXPECT_TRUE(watch.TakeDue(1'000'000 + limits::kUncountedMs));
}

TEST(UncountedWatch, OneValidFrameSilencesItForGood) {
  UncountedWatch watch(true);
  TakeInvalid(&watch, 999, 0);
  watch.OnValid();
  EXPECT_EQ(watch.in_a_row(), 0U);
  TakeInvalid(&watch, 5'000, 1);
  EXPECT_FALSE(watch.TakeDue(1'000'000));
  EXPECT_EQ(watch.in_a_row(), 5'000U);
  EXPECT_EQ(watch.last(), kReason);
}

TEST(UncountedWatch, OfInputThatEndsByItselfOnlyTimeCounts) {
  UncountedWatch watch(false);
  TakeInvalid(&watch, 50'000, 0);
  EXPECT_FALSE(watch.TakeDue(limits::kUncountedMs - 1));
  EXPECT_TRUE(watch.TakeDue(limits::kUncountedMs));
}

}  // namespace
}  // namespace headcount
