// Says which slot reads which partition: p mod N, for the whole life of the job. Pure; the coordinator and the writer
// use it, and the workers count the same way (WorkerView). A partition never moves between living workers, neither when
// a process dies nor when a partition is added.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/types.h"

namespace headcount {

class PartitionPlan {
 public:
  // `workers` is the value of --workers and at least 1.
  constexpr explicit PartitionPlan(int32_t workers) : workers_(workers) {}

  constexpr int32_t workers() const { return workers_; }
  constexpr SlotId SlotOf(PartitionId p) const { return SlotId(p.value() % workers_); }

  // The coordinator starts the slots below this number. The others have no partition yet.
  constexpr int32_t NeededSlots(int32_t partition_count) const { return std::min(workers_, partition_count); }
  constexpr bool IsNeeded(SlotId slot, int32_t partition_count) const {
    return slot.value() < NeededSlots(partition_count);
  }

  // Gives them in ascending order.
  std::vector<PartitionId> PartitionsOf(SlotId slot, int32_t partition_count) const {
    std::vector<PartitionId> partitions;
    for (int32_t p = slot.value(); p < partition_count; p += workers_) partitions.emplace_back(p);
    return partitions;
  }

 private:
  int32_t workers_;
};

}  // namespace headcount
