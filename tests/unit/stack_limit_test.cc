// What is made of the limits on a process's stack.
#include "coordinator/job/stack_limit.h"

#include <gtest/gtest.h>

namespace headcount {
namespace {

constexpr uint64_t kKib = 1024;
constexpr uint64_t kNone = UINT64_MAX;

TEST(StackPlan, LeavesWhatIsUsualOrMore) {
  for (const uint64_t soft : {8192 * kKib, 65536 * kKib, kNone}) {
    EXPECT_EQ(PlanStack(soft, kNone).soft_bytes, soft);
    EXPECT_TRUE(PlanStack(soft, kNone).suffices);
  }
}

TEST(StackPlan, RaisesASmallOneAsFarAsTheHardLimitLets) {
  EXPECT_EQ(PlanStack(64 * kKib, kNone).soft_bytes, 8192 * kKib);
  EXPECT_EQ(PlanStack(64 * kKib, 1024 * kKib).soft_bytes, 1024 * kKib);
  EXPECT_TRUE(PlanStack(64 * kKib, 512 * kKib).suffices);
}

TEST(StackPlan, IsNoneWhereTheHardLimitIsTooSmall) {
  EXPECT_FALSE(PlanStack(64 * kKib, 64 * kKib).suffices);
  EXPECT_FALSE(PlanStack(64 * kKib, 511 * kKib).suffices);
}

}  // namespace
}  // namespace headcount
