// What the coordinator may say and see in the shared memory. Runs in the coordinator.
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
  WindowStart closed_upto;
  RunId run;
  VerdictCounts published;
  uint64_t minutes_published = 0;
  DurationHistogram transactions;
  int64_t committing_since_ms = 0;  // 0: nothing is being committed
  uint64_t sequence = 0;            // of the last transaction; the claim's is 0
  uint64_t lost_records = 0;        // with a topic that was made anew
};

struct SlotSnapshot {
  bool lives = false;  // the worker of the slot's present generation has begun; else all below is as new
  Generation acknowledged;
  Generation generation;  // of the worker that says all below
  int64_t heartbeat_ms = 0;
  std::optional<PartitionId> decoding_partition;
  Offset decoding_offset;
  WorkerStatus status;
  VerdictCounts open;  // of status.judged, those in windows that are not closed yet
};

struct PartitionSnapshot {
  bool shown = false;  // a worker has stored `status`
  PartitionStatus status;
  Offset safe_offset{-1};
};

class CoordinatorView {
 public:
  explicit CoordinatorView(const JobMemory* memory) : memory_(memory) {}

  // A worker has died, or the first is about to start: everything older is void.
  void RaiseGeneration(SlotId slot, Generation generation) {
    memory_->slot(slot).coordinator_generation.store(generation.value(), std::memory_order_release);
  }
  void Drain() { memory_->job().coordinator_draining.store(1, std::memory_order_release); }

  WriterSnapshot Writer() const;
  SlotSnapshot Slot(SlotId slot) const;
  PartitionSnapshot Partition(PartitionId partition) const;
  // As the slot's last worker saw them; nothing while it stores others.
  std::optional<RejectedFrames> Rejected(SlotId slot) const;
  // What the slot's present worker said of the first record of this reason; empty: it has met none.
  std::string FirstInvalid(SlotId slot, InvalidReason reason) const;
  // The last kRecentMinutes of those that this writer has published, the newest last.
  std::vector<PublishedMinute> RecentMinutes() const;

 private:
  const JobMemory* memory_;
};

}  // namespace headcount::shm
