#include "common/shm/worker_view.h"

#include <algorithm>

#include "common/base/check.h"
#include "common/log/crash_point.h"
#include "common/shm/counts.h"

namespace headcount::shm {
namespace {

constexpr LowWatermark kNotThere{EventTime::Unset(), false};

bool IsAlive(const SlotData& slot) {
  const uint64_t generation = slot.worker_generation.load(std::memory_order_acquire);
  return generation != 0 && generation == slot.coordinator_generation.load(std::memory_order_acquire);
}

}  // namespace

LowWatermark Slower(const LowWatermark& a, const LowWatermark& b) {
  LowWatermark both;
  both.slowest = std::min(a.slowest, b.slowest);
  // Both must be final where both are the slowest.
  both.final = (a.slowest > both.slowest || a.final) && (b.slowest > both.slowest || b.final);
  both.latest_end = std::max(a.latest_end, b.latest_end);
  both.overdue_end = std::max(a.overdue_end, b.overdue_end);
  return both;
}

void WorkerView::BeginGeneration(Generation generation, int64_t now_ms) {
  SlotData& slot = self();
  slot.worker_generation.store(0, std::memory_order_release);
  slot.worker_partition_count.store(0, std::memory_order_relaxed);
  slot.worker_latest_end.store(EventTime::Unset().seconds(), std::memory_order_relaxed);
  slot.worker_overdue_end.store(EventTime::Unset().seconds(), std::memory_order_relaxed);
  slot.worker_low_watermark.store(EventTime::Unset().seconds(), std::memory_order_relaxed);
  slot.worker_final_low_watermark.store(kNoFinalLowWatermark, std::memory_order_relaxed);
  slot.worker_sealed_frontier.store(EventTime::Unset().seconds(), std::memory_order_relaxed);
  slot.worker_wants_low_watermark.store(0, std::memory_order_relaxed);
  slot.worker_hand_off_begun.store(0, std::memory_order_relaxed);
  slot.worker_hand_off_done.store(0, std::memory_order_relaxed);
  slot.worker_heartbeat_ms.store(now_ms, std::memory_order_relaxed);
  Decoded();
  ShowWorker({});
  ShowRejected({});
  slot.worker_generation.store(generation.value(), std::memory_order_release);
}

bool WorkerView::taken_over() const {
  const auto state = static_cast<WriterState>(memory_->job().writer_state.load(std::memory_order_acquire));
  return state == WriterState::kTakenOver || state == WriterState::kDone;
}

WindowStart WorkerView::closed_frontier() const {
  return WindowStart(memory_->job().writer_closed_frontier.load(std::memory_order_acquire));
}

std::string_view WorkerView::commit_metadata(PartitionId p) const {
  const PartitionData& partition = memory_->partition(p);
  HC_CHECK(partition.writer_metadata_bytes <= sizeof partition.writer_metadata,
           "point of " + std::to_string(p.value()));
  return {partition.writer_metadata, partition.writer_metadata_bytes};
}

std::optional<Offset> WorkerView::stop_offset(PartitionId p) const {
  const int64_t stop_offset = memory_->partition(p).writer_stop_offset.load(std::memory_order_acquire);
  return stop_offset < 0 ? std::nullopt : std::optional<Offset>(Offset(stop_offset));
}

bool WorkerView::began_empty(PartitionId p) const {
  return memory_->partition(p).writer_began_empty.load(std::memory_order_relaxed) != 0;
}

LowWatermark WorkerView::OthersLowWatermark() const {
  const int32_t partitions = partition_count();
  LowWatermark slowest;
  for (int32_t s = 0; s < std::min(slots(), partitions); ++s) {
    if (s == slot_.value()) continue;
    const SlotData& slot = memory_->slot(SlotId(s));
    if (!IsAlive(slot) || slot.worker_partition_count.load(std::memory_order_acquire) != partitions) {
      slowest = Slower(slowest, kNotThere);
      continue;
    }
    LowWatermark shown;
    // The low watermark is the guard (ShowLowWatermark stores it last); the other fields may be newer. A newer end does
    // no harm. A newer final value names its own low watermark, so it does not pass for one about the value loaded
    // here.
    shown.slowest = EventTime(slot.worker_low_watermark.load(std::memory_order_acquire));
    shown.final = slot.worker_final_low_watermark.load(std::memory_order_relaxed) == shown.slowest.seconds();
    shown.latest_end = EventTime(slot.worker_latest_end.load(std::memory_order_relaxed));
    shown.overdue_end = EventTime(slot.worker_overdue_end.load(std::memory_order_relaxed));
    slowest = Slower(slowest, shown);
  }
  return slowest;
}

EventTime WorkerView::OthersSealedFrontier() const {
  const int32_t partitions = partition_count();
  EventTime frontier = EventTime::Forever();
  for (int32_t s = 0; s < std::min(slots(), partitions); ++s) {
    if (s == slot_.value()) continue;
    const SlotData& slot = memory_->slot(SlotId(s));
    const EventTime sealed(IsAlive(slot) ? slot.worker_sealed_frontier.load(std::memory_order_acquire)
                                         : EventTime::Unset().seconds());
    frontier = std::min(frontier, sealed);
  }
  return frontier;
}

int64_t WorkerView::Newest(Shared<int64_t> SlotData::*time_ms) const {
  int64_t newest_ms = 0;
  for (int32_t s = 0; s < slots(); ++s) {
    newest_ms = std::max(newest_ms, (memory_->slot(SlotId(s)).*time_ms).load(std::memory_order_acquire));
  }
  return newest_ms;
}

bool WorkerView::asleep() const { return Newest(&SlotData::worker_asleep_ms) > WokenMs(); }

int64_t WorkerView::WokenMs() const { return Newest(&SlotData::worker_woken_ms); }

void WorkerView::WantsLowWatermark(bool wants) {
  self().worker_wants_low_watermark.store(wants ? 1 : 0, std::memory_order_release);
  // The waiting worker stores its wish, then looks at the low watermarks. The moving worker stores its low watermark,
  // then looks for wishes. Without this fence on both sides each may miss the other's store, and nothing wakes the
  // waiting worker.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

std::vector<SlotId> WorkerView::WaitingForLowWatermark() const {
  std::atomic_thread_fence(std::memory_order_seq_cst);  // see WantsLowWatermark
  std::vector<SlotId> waiting;
  for (int32_t s = 0; s < slots(); ++s) {
    if (s == slot_.value()) continue;
    if (memory_->slot(SlotId(s)).worker_wants_low_watermark.load(std::memory_order_acquire) != 0)
      waiting.emplace_back(s);
  }
  return waiting;
}

void WorkerView::ShowLowWatermark(const LowWatermark& low_watermark, int32_t partition_count) {
  SlotData& slot = self();
  slot.worker_latest_end.store(low_watermark.latest_end.seconds(), std::memory_order_relaxed);
  slot.worker_overdue_end.store(low_watermark.overdue_end.seconds(), std::memory_order_relaxed);
  slot.worker_final_low_watermark.store(low_watermark.final ? low_watermark.slowest.seconds() : kNoFinalLowWatermark,
                                        std::memory_order_relaxed);
  slot.worker_low_watermark.store(low_watermark.slowest.seconds(), std::memory_order_release);
  slot.worker_partition_count.store(partition_count, std::memory_order_release);
}

void WorkerView::BeginHandOff() {
  SlotData& slot = self();
  const uint64_t next = slot.worker_hand_off_done.load(std::memory_order_relaxed) + 1;
  slot.worker_hand_off_begun.store(next, std::memory_order_relaxed);
  // The writer must see the store above before any of the bytes that follow it.
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void WorkerView::FinishHandOff(uint64_t at, uint64_t bytes, WindowStart sealed_frontier) {
  SlotData& slot = self();
  const uint64_t number = slot.worker_hand_off_begun.load(std::memory_order_relaxed);
  HandOffAddress& entry = slot.worker_hand_off[number % 2];
  entry.worker_at.store(at, std::memory_order_relaxed);
  entry.worker_bytes.store(bytes, std::memory_order_relaxed);
  CrashPoint("worker.finishing");
  slot.worker_hand_off_done.store(number, std::memory_order_release);
  slot.worker_sealed_frontier.store(sealed_frontier.seconds(), std::memory_order_release);
}

void WorkerView::ShowPartition(PartitionId p, const PartitionStatus& status) {
  PartitionData& partition = memory_->partition(p);
  partition.worker_position.store(status.position.value(), std::memory_order_relaxed);
  partition.worker_end.store(status.end.value(), std::memory_order_relaxed);
  partition.worker_watermark.store(status.watermark.seconds(), std::memory_order_relaxed);
  partition.worker_unconfirmed.store(status.unconfirmed, std::memory_order_relaxed);
  partition.worker_idle_reason.store(static_cast<uint32_t>(status.idle_reason), std::memory_order_relaxed);
  partition.worker_reading.store(static_cast<uint32_t>(status.reading), std::memory_order_relaxed);
  partition.worker_hold_reason.store(static_cast<uint32_t>(status.hold_reason), std::memory_order_relaxed);
  partition.worker_invalid_in_a_row.store(status.invalid_in_a_row, std::memory_order_relaxed);
  partition.worker_invalid_reason.store(static_cast<uint32_t>(status.invalid_reason), std::memory_order_relaxed);
  partition.worker_open_transaction_end.store(status.open_transaction_end.value(), std::memory_order_relaxed);
  partition.worker_shown.store(1, std::memory_order_release);
}

void WorkerView::ShowMark(PartitionId p, const RecordMark& mark) {
  PartitionData& partition = memory_->partition(p);
  const uint64_t number = partition.worker_mark_done.load(std::memory_order_relaxed) + 1;
  partition.worker_mark_begun.store(number, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  partition.worker_mark_offset.store(mark.offset.value(), std::memory_order_relaxed);
  partition.worker_mark_hash.store(mark.hash, std::memory_order_relaxed);
  partition.worker_mark_done.store(number, std::memory_order_release);
}

void WorkerView::ShowWorker(const WorkerStatus& status) {
  SlotData& slot = self();
  slot.worker_records.store(status.records, std::memory_order_relaxed);
  slot.worker_memory_bytes.store(status.memory_bytes, std::memory_order_relaxed);
  slot.worker_lost_records.store(status.lost_records, std::memory_order_relaxed);
  slot.worker_tombstones.store(status.tombstones, std::memory_order_relaxed);
  slot.worker_record_bytes.store(status.record_bytes, std::memory_order_relaxed);
  slot.worker_open_windows.store(status.open_windows, std::memory_order_relaxed);
  slot.worker_open_users.store(status.open_users, std::memory_order_relaxed);
  Store(&slot.worker_batches, status.batches);
  // In this order: a reader that loads them the other way round sees no verdict twice that has just found its window.
  Store(&slot.worker_unattributed, status.unattributed);
  std::atomic_thread_fence(std::memory_order_release);
  Store(&slot.worker_judged, status.judged);
}

void WorkerView::ShowRejected(const RejectedFrames& frames) {
  SlotData& slot = self();
  const uint64_t number = slot.worker_rejected_done.load(std::memory_order_relaxed) + 1;
  slot.worker_rejected_begun.store(number, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (size_t kind = 0; kind < frames.size(); ++kind) {
    FramePlaceData& entry = slot.worker_rejected[kind];
    entry.offset.store(frames[kind] ? frames[kind]->offset.value() : -1, std::memory_order_relaxed);
    entry.partition.store(frames[kind] ? frames[kind]->partition.value() : 0, std::memory_order_relaxed);
  }
  slot.worker_rejected_done.store(number, std::memory_order_release);
}

// The generation is the guard: until it is stored, a reader takes the text of a former generation for void.
void WorkerView::ShowFirstInvalid(InvalidReason reason, std::string_view text) {
  FirstInvalidData& first = self().worker_first_invalid[static_cast<size_t>(reason)];
  const uint64_t generation = self().worker_generation.load(std::memory_order_relaxed);
  if (first.worker_generation.load(std::memory_order_relaxed) == generation) return;
  first.worker_bytes = static_cast<uint32_t>(std::min(text.size(), sizeof first.worker_text));
  std::copy_n(text.begin(), first.worker_bytes, first.worker_text);
  first.worker_generation.store(generation, std::memory_order_release);
}

}  // namespace headcount::shm
