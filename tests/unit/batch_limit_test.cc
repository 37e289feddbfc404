// What the producer's batches become after a topic has refused them, and how large a transaction may be then.
#include "common/kafka/batch_limit.h"

#include <gtest/gtest.h>

namespace headcount {
namespace {

using kafka::BatchLimit;
using kafka::RecordsWithin;
using kafka::SmallerThan;

constexpr int64_t kMegabyte = 1'000'000;

TEST(BatchLimit, IsWhatTheTopicSaysThatItTakes) {
  EXPECT_EQ(SmallerThan({}, kMegabyte, 65'536), (BatchLimit{65'536, false}));
  EXPECT_EQ(SmallerThan({65'536, false}, 65'536, 400), (BatchLimit{400, false}));
}

TEST(BatchLimit, IsOneRecordWhereTheTopicRefusesLessThanItSays) {
  EXPECT_EQ(SmallerThan({65'536, false}, 65'536, 65'536), (BatchLimit{65'536, true}));
  EXPECT_EQ(SmallerThan({}, kMegabyte, 8 * kMegabyte), (BatchLimit{0, true}));
}

// Each step is a transaction that is refused.
TEST(BatchLimit, IsFoundInAFewStepsWhereTheTopicMayNotBeAsked) {
  BatchLimit limit;
  int64_t refused_bytes = kMegabyte;
  int steps = 0;
  while (!limit.one_record) {
    const auto smaller = SmallerThan(limit, refused_bytes, std::nullopt);
    ASSERT_TRUE(smaller.has_value());
    EXPECT_TRUE(smaller->one_record || smaller->bytes < refused_bytes);
    limit = *smaller;
    if (!limit.one_record) refused_bytes = limit.bytes;
    ++steps;
  }
  EXPECT_LE(steps, 4);
}

TEST(BatchLimit, EndsWhereARecordAloneIsRefused) {
  EXPECT_EQ(SmallerThan({400, true}, 400, 400), std::nullopt);
  EXPECT_EQ(SmallerThan({0, true}, kMegabyte, std::nullopt), std::nullopt);
}

TEST(BatchLimit, BoundsATransactionByTheNumberOfItsBatches) {
  EXPECT_EQ(RecordsWithin({}, 5'000), 5'000U);
  EXPECT_EQ(RecordsWithin({65'536, false}, 5'000), 5'000U);
  EXPECT_EQ(RecordsWithin({1'000, false}, 5'000), 1'500U);
  EXPECT_EQ(RecordsWithin({400, false}, 5'000), 500U);
  EXPECT_EQ(RecordsWithin({65'536, true}, 5'000), 500U);
}

}  // namespace
}  // namespace headcount
