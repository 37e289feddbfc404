// A worker's view of the shared memory: it stores the fields of one slot and its partitions, and loads everything else.
// Runs in the worker of that slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/duration_histogram.h"
#include "common/base/types.h"
#include "common/records/record_mark.h"
#include "common/records/rejected_frames.h"
#include "common/records/verdict.h"
#include "common/shm/hand_off.h"
#include "common/shm/job_memory.h"

namespace headcount::shm {

// How far the partitions that are not idle have come, of one slot or of the whole job.
struct LowWatermark {
  EventTime slowest = EventTime::Forever();   // Forever: all are idle; Unset: one has no watermark yet
  bool final = true;                          // the slowest partition is not read on in this run
  EventTime latest_end = EventTime::Unset();  // end of the last window opened
  // End of the last opened window whose end and lateness the wall clock has passed.
  EventTime overdue_end = EventTime::Unset();

  // The low watermark of both together.
  friend LowWatermark Slower(const LowWatermark& a, const LowWatermark& b);
};

// One partition, for the status file.
struct PartitionStatus {
  Offset position{-1};
  Offset end{-1};
  EventTime watermark;
  uint32_t unconfirmed = 0;
  IdleReason idle_reason = IdleReason::kNone;
  ReadingState reading = ReadingState::kUnknown;
  HoldReason hold_reason = HoldReason::kNone;
  uint64_t invalid_in_a_row = 0;    // its newest records
  InvalidReason invalid_reason{};   // of the newest, where that is one
  Offset open_transaction_end{-1};  // high watermark, if an open transaction begins at `position`; -1: none does
};

// The worker as a whole, for the status file and the metrics.
struct WorkerStatus {
  uint64_t records = 0;
  uint64_t record_bytes = 0;
  uint64_t memory_bytes = 0;
  uint64_t lost_records = 0;
  uint64_t tombstones = 0;    // skipped, without a verdict
  uint64_t open_windows = 0;  // sealed ones included, until they are closed
  uint64_t open_users = 0;
  DurationHistogram batches;
  VerdictCounts unattributed;  // verdicts that wait for their partition's first window
  VerdictCounts judged;        // into windows that were not closed when this generation began
};

class WorkerView {
 public:
  WorkerView(const JobMemory* memory, SlotId slot) : memory_(memory), slot_(slot), self_(&memory->slot(slot)) {}

  // --- Its own generation -------------------------------------------------------------------------------------
  // Clears what the slot's last generation stored, then stores `generation`, which makes the slot valid again.
  void BeginGeneration(Generation generation, int64_t now_ms);
  void Beat(int64_t now_ms) { self().worker_heartbeat_ms.store(now_ms, std::memory_order_relaxed); }
  // The frame that the worker decodes next. If the worker dies there, the coordinator knows the frame.
  void Decoding(PartitionId partition, Offset offset) {
    self().worker_decoding_partition.store(partition.value(), std::memory_order_relaxed);
    self().worker_decoding_offset.store(offset.value(), std::memory_order_relaxed);
  }
  void Decoded() { self().worker_decoding_offset.store(-1, std::memory_order_relaxed); }

  // --- What it reads ----------------------------------------------------------------------------------------
  bool taken_over() const;
  bool draining() const { return memory_->job().coordinator_draining.load(std::memory_order_acquire) != 0; }
  int32_t partition_count() const { return memory_->job().writer_partition_count.load(std::memory_order_acquire); }
  WindowStart closed_frontier() const;
  // Where partition p's replay starts, as text (common/judge/commit_metadata.h).
  std::string_view commit_metadata(PartitionId p) const;
  std::optional<Offset> stop_offset(PartitionId p) const;
  // The run closes no window that ends after this. Forever: the run closes all.
  EventTime last_boundary() const {
    return EventTime(memory_->job().writer_last_boundary.load(std::memory_order_acquire));
  }
  bool began_empty(PartitionId p) const;
  // The low watermark of all other slots. A slot counts as having no watermark while its worker is missing, or does not
  // know the whole topic yet.
  LowWatermark OthersLowWatermark() const;
  // The frontier up to which every other slot has sealed. Forever: no other slot has partitions.
  EventTime OthersSealedFrontier() const;
  // The job is asleep from the moment that a slot stores ShowAsleep() until a slot stores ShowWoken().
  bool asleep() const;
  // When the job was woken last: CLOCK_MONOTONIC in ms; 0: never. A worker that calls it after OthersLowWatermark()
  // sees the waking of every record that moved one of those low watermarks.
  int64_t WokenMs() const;
  // Slots whose workers wait for a low watermark to move. Call it after ShowLowWatermark().
  std::vector<SlotId> WaitingForLowWatermark() const;

  // --- What it stores -----------------------------------------------------------------------------------------
  // Without a new `partition_count` the other workers take this slot for unprepared (see OthersLowWatermark).
  void ShowLowWatermark(const LowWatermark& low_watermark, int32_t partition_count);
  // ShowAsleep: all partitions of the job are idle. ShowWoken: a record with an event time has come while the job was
  // asleep. The worker stores it before the low watermark that the record moves.
  void ShowAsleep(int64_t now_ms) { self().worker_asleep_ms.store(now_ms, std::memory_order_release); }
  void ShowWoken(int64_t now_ms) { self().worker_woken_ms.store(now_ms, std::memory_order_release); }
  // A worker that calls this before it looks at OthersLowWatermark() misses no movement. Either the look sees it, or
  // the worker that moved sees the caller in WaitingForLowWatermark().
  void WantsLowWatermark(bool wants);

  // A hand-off takes two calls, so that the caller can allocate between them. `at` is a distance in the slice, `bytes`
  // a length. The bytes must not be those of the last hand-off. They may be those of the one before only after
  // BeginHandOff().
  void BeginHandOff();
  void FinishHandOff(uint64_t at, uint64_t bytes, WindowStart sealed_frontier);

  void ShowPartition(PartitionId p, const PartitionStatus& status);
  void ShowMark(PartitionId p, const RecordMark& mark);
  void ShowWorker(const WorkerStatus& status);
  void ShowRejected(const RejectedFrames& frames);
  // A description of the first record with this reason. Text longer than the field is cut. Only the first call of a
  // generation stores.
  void ShowFirstInvalid(InvalidReason reason, std::string_view text);

  Slice slice() const { return memory_->slice(slot_); }
  SlotId slot() const { return slot_; }
  int32_t slots() const { return memory_->slots(); }

 private:
  SlotData& self() const { return *self_; }
  int64_t Newest(Shared<int64_t> SlotData::*time_ms) const;  // over all slots

  const JobMemory* memory_;
  SlotId slot_;
  SlotData* self_;  // looked up once, because the worker stores to it twice a frame
};

}  // namespace headcount::shm
