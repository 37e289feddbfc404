// The coordinator's view of the shared memory: the few fields it stores, and snapshots of what the writer and the
// workers store. Runs in the coordinator.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/types.h"
#include "common/records/published_minute.h"
#include "common/records/verdict.h"
#include "common/shm/job_memory.h"
#include "common/shm/worker_view.h"

namespace headcount::shm {

struct WriterSnapshot {
  WriterState state = WriterState::kStarting;
  int64_t heartbeat_ms = 0;
  bool in_broker_call = false;
  int32_t partition_count = 0;
  WindowStart closed_frontier;
  RunId run;
  VerdictCounts published;
  uint64_t minutes_published = 0;
  DurationHistogram transactions;
  int64_t committing_since_ms = 0;  // 0: the writer is not committing
  uint64_t sequence = 0;            // of the last transaction; the takeover has 0
  uint64_t lost_records = 0;        // of topics that were deleted and created again
};

struct SlotSnapshot {
  // Whether the worker of the slot's present generation has begun. If not, the fields below keep their defaults.
  bool alive = false;
  Generation acknowledged;
  Generation generation;  // of the worker that stored the fields below
  int64_t heartbeat_ms = 0;
  std::optional<PartitionId> decoding_partition;
  Offset decoding_offset;
  WorkerStatus status;
  VerdictCounts open;  // the part of status.judged that lies in windows not closed yet
};

struct PartitionSnapshot {
  bool shown = false;  // a worker has stored `status`
  PartitionStatus status;
  Offset safe_offset{-1};
};

class CoordinatorView {
 public:
  explicit CoordinatorView(const JobMemory* memory) : memory_(memory) {}

  // The coordinator calls it when a worker has died, or before it forks the first. All that older generations stored is
  // then void.
  void RaiseGeneration(SlotId slot, Generation generation) {
    memory_->slot(slot).coordinator_generation.store(generation.value(), std::memory_order_release);
  }
  void Drain() { memory_->job().coordinator_draining.store(1, std::memory_order_release); }

  WriterSnapshot Writer() const;
  SlotSnapshot Slot(SlotId slot) const;
  PartitionSnapshot Partition(PartitionId partition) const;
  // As the slot's last worker stored them. nullopt: the worker is storing others.
  std::optional<RejectedFrames> Rejected(SlotId slot) const;
  // What the slot's present worker wrote about the first record with this reason. Empty: the worker has met none.
  std::string FirstInvalid(SlotId slot, InvalidReason reason) const;
  // The last kRecentMinutes of the minutes that this writer has published, the newest last.
  std::vector<PublishedMinute> RecentMinutes() const;

 private:
  const JobMemory* memory_;
};

}  // namespace headcount::shm
