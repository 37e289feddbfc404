// The shared memory of one job: one anonymous mapping that the coordinator makes before the first fork and all
// processes inherit. The kernel frees it with the last process, however that ends.
// This file is the only door to Boost.Interprocess. Each process reaches the bytes through its view: worker_view.h,
// writer_view.h or coordinator_view.h.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/shm/layout.h"

namespace headcount::shm {

// The part of the memory in which one worker builds its tables and hand-offs.
struct Slice {
  char* begin = nullptr;
  uint64_t bytes = 0;
};

class JobMemory {
 public:
  // Reserves address space for `slots` slices of `slice_bytes` bytes. The kernel adds a page when a process first
  // touches it. The error (kHumanNeeded) names --memory.
  static Result<JobMemory> Create(int32_t slots, uint64_t slice_bytes);

  JobData& job() const { return *static_cast<JobData*>(region_.get_address()); }
  SlotData& slot(SlotId slot) const;
  PartitionData& partition(PartitionId partition) const;
  Slice slice(SlotId slot) const;
  int32_t slots() const { return slots_; }

 private:
  JobMemory(boost::interprocess::mapped_region region, int32_t slots, uint64_t slice_bytes);
  char* At(uint64_t distance) const { return static_cast<char*>(region_.get_address()) + distance; }

  boost::interprocess::mapped_region region_;
  int32_t slots_;
  uint64_t slice_bytes_;
};

}  // namespace headcount::shm
