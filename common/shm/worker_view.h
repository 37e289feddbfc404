// What a worker may say and see in the shared memory: the stores of one slot, and the loads of everything
// else. Runs in the worker of that slot.
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
#include "common/shm/job_memory.h"
#include "common/shm/publication.h"

namespace headcount::shm {

// How far a slot's, or the whole job's, partitions that are not excused have come.
struct Clock {
  EventTime slowest = EventTime::Forever();   // Forever: all are excused; Unset: one has no watermark yet
  bool final = true;                          // the slowest will not be read on in this run
  EventTime latest_end = EventTime::Unset();  // end of the last window opened
  // End of the last window opened among those whose end and lateness the wall clock has passed.
  EventTime overdue_end = EventTime::Unset();

  // The clock of both together.
  friend Clock Slower(const Clock& a, const Clock& b);
};

// One partition, for the status file.
struct PartitionStatus {
  Offset position{-1};
  Offset end{-1};
  EventTime watermark;
  uint32_t held = 0;
  Excuse excuse = Excuse::kNone;
  ReadingState reading = ReadingState::kUnknown;
  HoldReason hold_reason = HoldReason::kNone;
  uint64_t invalid_in_a_row = 0;    // its newest records
  InvalidReason invalid_reason{};   // of the newest, where that is one
  Offset open_transaction_end{-1};  // high watermark, where an open transaction stands at `position`; -1: none does
};

// The worker as a whole, for the status file and the metrics.
struct WorkerStatus {
  uint64_t records = 0;
  uint64_t record_bytes = 0;
  uint64_t memory_bytes = 0;
  uint64_t lost_records = 0;
  uint64_t tombstones = 0;    // passed over, without a verdict
  uint64_t open_windows = 0;  // sealed ones too, until they are closed
  uint64_t open_users = 0;
  DurationHistogram batches;
  VerdictCounts waiting;  // for their partition's first window
  VerdictCounts judged;   // into windows that were not closed when this life began
};

class WorkerView {
 public:
  WorkerView(const JobMemory* memory, SlotId slot) : memory_(memory), slot_(slot), self_(&memory->slot(slot)) {}

  // --- Its own life -----------------------------------------------------------------------------------------
  // Clears what the slot's last life said, then claims the slot for `generation`.
  void BeginLife(Generation generation, int64_t now_ms);
  void Beat(int64_t now_ms) { self().worker_heartbeat_ms.store(now_ms, std::memory_order_relaxed); }
  // The frame that goes into the decoder next, so that a death there has a name.
  void Decoding(PartitionId partition, Offset offset) {
    self().worker_decoding_partition.store(partition.value(), std::memory_order_relaxed);
    self().worker_decoding_offset.store(offset.value(), std::memory_order_relaxed);
  }
  void Decoded() { self().worker_decoding_offset.store(-1, std::memory_order_relaxed); }

  // --- What it reads ----------------------------------------------------------------------------------------
  bool claimed() const;
  bool draining() const { return memory_->job().coordinator_draining.load(std::memory_order_acquire) != 0; }
  int32_t partition_count() const { return memory_->job().writer_partition_count.load(std::memory_order_acquire); }
  WindowStart closed_upto() const;
  // Where partition p's replay starts, as text (common/judge/point_text.h).
  std::string_view point_text(PartitionId p) const;
  std::optional<Offset> until(PartitionId p) const;
  // No window that ends after it is closed in this run; Forever: no such bound.
  EventTime last_boundary() const {
    return EventTime(memory_->job().writer_last_boundary.load(std::memory_order_acquire));
  }
  bool began_empty(PartitionId p) const;
  // The clock of all other slots. A slot whose worker is not there, or does not know the whole topic yet,
  // counts as having no watermark.
  Clock OthersClock() const;
  // The boundary up to which every other slot has sealed; Forever where there are no others with partitions.
  EventTime OthersSealedUpto() const;
  // The job is asleep since some slot said so (ShowAsleep) until some slot says that it is woken (ShowWoken).
  bool asleep() const;
  // When it was woken last: CLOCK_MONOTONIC; 0: never. A worker that asks after OthersClock() has heard of every record
  // that moved one of those clocks.
  int64_t WokenMs() const;
  // Slots whose workers wait for a clock to move; asked after ShowClock().
  std::vector<SlotId> WaitingForClock() const;

  // --- What it says -----------------------------------------------------------------------------------------
  // Without a new `partition_count` others take this slot for unprepared (see OthersClock).
  void ShowClock(const Clock& clock, int32_t partition_count);
  // All partitions of the job are excused. A record that tells the time has come while the job was asleep: said before
  // the clock it moves.
  void ShowAsleep(int64_t now_ms) { self().worker_asleep_ms.store(now_ms, std::memory_order_release); }
  void ShowWoken(int64_t now_ms) { self().worker_woken_ms.store(now_ms, std::memory_order_release); }
  // Between this and a look at OthersClock() no movement is missed: either the look sees it, or who moved sees us
  // among WaitingForClock().
  void WantsClock(bool wants);

  // Publishes in two acts, so that the caller can allocate: the bytes at `at` (a distance in the slice) must
  // not be those of the publication before, nor of the one before that unless BeginPublication came first.
  void BeginPublication();
  void FinishPublication(uint64_t at, uint64_t bytes, WindowStart sealed_upto);

  void ShowPartition(PartitionId p, const PartitionStatus& status);
  void ShowMark(PartitionId p, const RecordMark& mark);
  void ShowWorker(const WorkerStatus& status);
  void ShowRejected(const RejectedFrames& frames);
  // A description of the first record of this reason; what is longer than its place is cut. Once a life: a second one
  // is not taken.
  void ShowFirstInvalid(InvalidReason reason, std::string_view text);

  Slice slice() const { return memory_->slice(slot_); }
  SlotId slot() const { return slot_; }
  int32_t slots() const { return memory_->slots(); }

 private:
  SlotData& self() const { return *self_; }
  int64_t Newest(Shared<int64_t> SlotData::*time_ms) const;  // over all slots

  const JobMemory* memory_;
  SlotId slot_;
  SlotData* self_;  // looked up once: it is stored to twice a frame
};

}  // namespace headcount::shm
