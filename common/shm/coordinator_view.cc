#include "common/shm/coordinator_view.h"

#include <algorithm>
#include <atomic>

#include "common/shm/counts.h"

namespace headcount::shm {
namespace {

// Two processes store these numbers, so a reader never loads them at one moment. The next look mends an excess.
uint64_t Difference(uint64_t more, uint64_t less) { return more > less ? more - less : 0; }

VerdictCounts Difference(const VerdictCounts& more, const VerdictCounts& less) {
  VerdictCounts rest;
  rest.counted = Difference(more.counted, less.counted);
  rest.late = Difference(more.late, less.late);
  rest.future = Difference(more.future, less.future);
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    rest.invalid_by_reason[i] = Difference(more.invalid_by_reason[i], less.invalid_by_reason[i]);
  }
  return rest;
}

}  // namespace

WriterSnapshot CoordinatorView::Writer() const {
  const JobData& job = memory_->job();
  WriterSnapshot writer;
  writer.state = static_cast<WriterState>(job.writer_state.load(std::memory_order_acquire));
  // In this order: the writer beats before it stores that its long call is over.
  writer.in_broker_call = job.writer_in_broker_call.load(std::memory_order_acquire) != 0;
  writer.heartbeat_ms = job.writer_heartbeat_ms.load(std::memory_order_relaxed);
  writer.partition_count = job.writer_partition_count.load(std::memory_order_acquire);
  writer.closed_frontier = WindowStart(job.writer_closed_frontier.load(std::memory_order_acquire));
  writer.run = RunId(job.writer_run.load(std::memory_order_relaxed));
  writer.published = Load(job.writer_published);
  writer.minutes_published = job.writer_minutes_published.load(std::memory_order_relaxed);
  writer.transactions = Load(job.writer_transactions);
  writer.committing_since_ms = job.writer_committing_since_ms.load(std::memory_order_relaxed);
  writer.sequence = job.writer_sequence.load(std::memory_order_relaxed);
  writer.lost_records = job.writer_lost_records.load(std::memory_order_relaxed);
  // Every slot field loaded after this fence includes whatever is in `published` (WriterView::ShowPublished).
  std::atomic_thread_fence(std::memory_order_acquire);
  return writer;
}

// Leaves out the oldest minutes if the writer overwrites them while they are read.
std::vector<PublishedMinute> CoordinatorView::RecentMinutes() const {
  const JobData& job = memory_->job();
  const uint64_t published = job.writer_minutes_published.load(std::memory_order_acquire);
  const uint64_t first = published - std::min<uint64_t>(published, limits::kRecentMinutes);
  std::vector<PublishedMinute> recent;
  for (uint64_t number = first; number < published; ++number) {
    const RecentMinuteData& entry = job.writer_recent_minutes[number % limits::kRecentMinuteEntries];
    recent.push_back({WindowStart(entry.start.load(std::memory_order_relaxed)),
                      entry.users.load(std::memory_order_relaxed), Load(entry.counts),
                      entry.published_at_ms.load(std::memory_order_relaxed)});
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  const uint64_t begun = job.writer_minutes_begun.load(std::memory_order_relaxed);
  if (begun > first + limits::kRecentMinuteEntries) {
    const uint64_t torn = std::min<uint64_t>(begun - limits::kRecentMinuteEntries - first, recent.size());
    recent.erase(recent.begin(), recent.begin() + static_cast<std::ptrdiff_t>(torn));
  }
  return recent;
}

SlotSnapshot CoordinatorView::Slot(SlotId s) const {
  const SlotData& slot = memory_->slot(s);
  SlotSnapshot snapshot;
  snapshot.acknowledged = Generation(slot.writer_acknowledged.load(std::memory_order_acquire));
  const uint64_t generation = slot.worker_generation.load(std::memory_order_acquire);
  snapshot.alive = generation != 0 && generation == slot.coordinator_generation.load(std::memory_order_relaxed);
  if (!snapshot.alive) return snapshot;
  snapshot.heartbeat_ms = slot.worker_heartbeat_ms.load(std::memory_order_relaxed);
  const int64_t offset = slot.worker_decoding_offset.load(std::memory_order_relaxed);
  if (offset >= 0) {
    snapshot.decoding_offset = Offset(offset);
    snapshot.decoding_partition = PartitionId(slot.worker_decoding_partition.load(std::memory_order_relaxed));
  }
  snapshot.status.records = slot.worker_records.load(std::memory_order_relaxed);
  snapshot.status.memory_bytes = slot.worker_memory_bytes.load(std::memory_order_relaxed);
  snapshot.status.lost_records = slot.worker_lost_records.load(std::memory_order_relaxed);
  snapshot.status.tombstones = slot.worker_tombstones.load(std::memory_order_relaxed);
  snapshot.generation = Generation(generation);
  snapshot.status.record_bytes = slot.worker_record_bytes.load(std::memory_order_relaxed);
  snapshot.status.open_windows = slot.worker_open_windows.load(std::memory_order_relaxed);
  snapshot.status.open_users = slot.worker_open_users.load(std::memory_order_relaxed);
  snapshot.status.batches = Load(slot.worker_batches);
  snapshot.status.judged = Load(slot.worker_judged);
  std::atomic_thread_fence(std::memory_order_acquire);
  snapshot.status.unattributed = Load(slot.worker_unattributed);
  snapshot.open = Difference(snapshot.status.judged, Load(slot.writer_closed));
  return snapshot;
}

std::optional<RejectedFrames> CoordinatorView::Rejected(SlotId s) const {
  const SlotData& slot = memory_->slot(s);
  const uint64_t done = slot.worker_rejected_done.load(std::memory_order_acquire);
  if (done == 0) return std::nullopt;
  RejectedFrames frames;
  for (size_t kind = 0; kind < frames.size(); ++kind) {
    const int64_t offset = slot.worker_rejected[kind].offset.load(std::memory_order_relaxed);
    const PartitionId partition(slot.worker_rejected[kind].partition.load(std::memory_order_relaxed));
    if (offset >= 0) frames[kind] = FramePlace{partition, Offset(offset)};
  }
  std::atomic_thread_fence(std::memory_order_acquire);
  if (slot.worker_rejected_begun.load(std::memory_order_relaxed) != done) return std::nullopt;
  return frames;
}

// The text is complete: a generation stores it once, and a later one only after the coordinator has raised the
// generation.
std::string CoordinatorView::FirstInvalid(SlotId s, InvalidReason reason) const {
  const SlotData& slot = memory_->slot(s);
  const FirstInvalidData& first = slot.worker_first_invalid[static_cast<size_t>(reason)];
  const uint64_t told_by = first.worker_generation.load(std::memory_order_acquire);
  if (told_by == 0 || told_by != slot.coordinator_generation.load(std::memory_order_relaxed)) return "";
  return {first.worker_text, std::min<size_t>(first.worker_bytes, sizeof first.worker_text)};
}

PartitionSnapshot CoordinatorView::Partition(PartitionId p) const {
  const PartitionData& partition = memory_->partition(p);
  PartitionSnapshot snapshot;
  snapshot.safe_offset = Offset(partition.writer_safe_offset.load(std::memory_order_acquire));
  snapshot.shown = partition.worker_shown.load(std::memory_order_acquire) != 0;
  if (!snapshot.shown) return snapshot;
  snapshot.status.position = Offset(partition.worker_position.load(std::memory_order_relaxed));
  snapshot.status.end = Offset(partition.worker_end.load(std::memory_order_relaxed));
  snapshot.status.watermark = EventTime(partition.worker_watermark.load(std::memory_order_relaxed));
  snapshot.status.unconfirmed = partition.worker_unconfirmed.load(std::memory_order_relaxed);
  snapshot.status.hold_reason = static_cast<HoldReason>(partition.worker_hold_reason.load(std::memory_order_relaxed));
  snapshot.status.idle_reason = static_cast<IdleReason>(partition.worker_idle_reason.load(std::memory_order_relaxed));
  snapshot.status.invalid_in_a_row = partition.worker_invalid_in_a_row.load(std::memory_order_relaxed);
  snapshot.status.invalid_reason =
      static_cast<InvalidReason>(partition.worker_invalid_reason.load(std::memory_order_relaxed));
  snapshot.status.reading = static_cast<ReadingState>(partition.worker_reading.load(std::memory_order_relaxed));
  snapshot.status.open_transaction_end = Offset(partition.worker_open_transaction_end.load(std::memory_order_relaxed));
  return snapshot;
}

}  // namespace headcount::shm
