#include "common/base/partition_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/limits.h"

namespace headcount {
namespace {

TEST(PartitionPlan, GivesEveryPartitionToExactlyOneNeededSlot) {
  for (int32_t workers = 1; workers <= 5; ++workers) {
    const PartitionPlan plan(workers);
    for (int32_t count = 0; count <= 12; ++count) {
      std::set<int32_t> seen;
      for (int32_t s = 0; s < workers; ++s) {
        const std::vector<PartitionId> partitions = plan.PartitionsOf(SlotId(s), count);
        EXPECT_EQ(!partitions.empty(), plan.IsNeeded(SlotId(s), count));
        for (const PartitionId p : partitions) {
          EXPECT_EQ(plan.SlotOf(p), SlotId(s));
          EXPECT_TRUE(seen.insert(p.value()).second);
        }
      }
      EXPECT_EQ(seen.size(), static_cast<size_t>(count));
    }
  }
}

TEST(PartitionPlan, SharesTheMostPartitionsEvenlyAmongAnyNumberOfWorkers) {
  constexpr int32_t kCount = limits::kMaxPartitions;
  for (int32_t workers = 1; workers <= limits::kMaxWorkers; ++workers) {
    const PartitionPlan plan(workers);
    int64_t sum = 0;
    for (int32_t s = 0; s < workers; ++s) {
      const std::vector<PartitionId> partitions = plan.PartitionsOf(SlotId(s), kCount);
      ASSERT_GE(partitions.size(), static_cast<size_t>(kCount / workers)) << workers << " workers, slot " << s;
      ASSERT_LE(partitions.size(), static_cast<size_t>(kCount / workers) + 1) << workers << " workers, slot " << s;
      for (const PartitionId p : partitions) {
        ASSERT_EQ(plan.SlotOf(p), SlotId(s));
        sum += p.value();
      }
    }
    ASSERT_EQ(plan.NeededSlots(kCount), workers);
    ASSERT_EQ(sum, int64_t{kCount} * (kCount - 1) / 2) << "each once: " << workers << " workers";
  }
}

TEST(PartitionPlan, KeepsEveryPartitionWhereItIsWhenTheTopicGrows) {
  const PartitionPlan plan(3);
  EXPECT_EQ(plan.PartitionsOf(SlotId(1), 5), (std::vector<PartitionId>{PartitionId(1), PartitionId(4)}));
  EXPECT_EQ(plan.PartitionsOf(SlotId(1), 8),
            (std::vector<PartitionId>{PartitionId(1), PartitionId(4), PartitionId(7)}));
}

}  // namespace
}  // namespace headcount
