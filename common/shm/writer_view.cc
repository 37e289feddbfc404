#include "common/shm/writer_view.h"

#include <cstring>

#include "common/base/check.h"
#include "common/shm/counts.h"

namespace headcount::shm {

void WriterView::StoreSafePoint(PartitionId p, const std::string& text, Offset safe_offset) {
  PartitionData& partition = memory_->partition(p);
  HC_CHECK(text.size() <= sizeof partition.writer_metadata, "point of partition " + std::to_string(p.value()));
  std::memcpy(partition.writer_metadata, text.data(), text.size());
  partition.writer_metadata_bytes = static_cast<uint32_t>(text.size());
  partition.writer_safe_offset.store(safe_offset.value(), std::memory_order_release);
}

EventTime WriterView::LatestEnd() const {
  EventTime latest = EventTime::Unset();
  for (int32_t s = 0; s < memory_->slots(); ++s) {
    const SlotData& slot = memory_->slot(SlotId(s));
    if (slot.worker_generation.load(std::memory_order_acquire) == 0) continue;
    latest = std::max(latest, EventTime(slot.worker_latest_end.load(std::memory_order_relaxed)));
  }
  return latest;
}

void WriterView::OpenPartition(PartitionId p) {
  PartitionData& partition = memory_->partition(p);
  partition.writer_stop_offset.store(-1, std::memory_order_relaxed);
  partition.writer_began_empty.store(0, std::memory_order_relaxed);
  partition.writer_safe_offset.store(-1, std::memory_order_relaxed);
}

std::optional<Offset> WriterView::Position(PartitionId p) const {
  const PartitionData& partition = memory_->partition(p);
  if (partition.worker_shown.load(std::memory_order_acquire) == 0) return std::nullopt;
  return Offset(partition.worker_position.load(std::memory_order_relaxed));
}

std::optional<RecordMark> WriterView::Mark(PartitionId p) const {
  const PartitionData& partition = memory_->partition(p);
  const uint64_t done = partition.worker_mark_done.load(std::memory_order_acquire);
  if (done == 0) return std::nullopt;
  const RecordMark mark{Offset(partition.worker_mark_offset.load(std::memory_order_relaxed)),
                        partition.worker_mark_hash.load(std::memory_order_relaxed)};
  std::atomic_thread_fence(std::memory_order_acquire);
  if (partition.worker_mark_begun.load(std::memory_order_relaxed) != done) return std::nullopt;
  return mark;
}

void WriterView::Acknowledge() {
  for (int32_t s = 0; s < memory_->slots(); ++s) {
    SlotData& slot = memory_->slot(SlotId(s));
    const uint64_t generation = slot.coordinator_generation.load(std::memory_order_acquire);
    if (generation == slot.writer_acknowledged.load(std::memory_order_relaxed)) continue;
    Store(&slot.writer_closed, {});
    slot.writer_acknowledged.store(generation, std::memory_order_release);
  }
}

std::optional<HandOff> WriterView::TakeHandOff(SlotId s, WindowStart closed_frontier) const {
  const SlotData& slot = memory_->slot(s);
  const uint64_t generation = slot.worker_generation.load(std::memory_order_acquire);
  if (generation == 0 || generation != slot.coordinator_generation.load(std::memory_order_acquire)) return {};
  // The next worker reuses a slice only after the writer has acknowledged its generation. So an acknowledged slice
  // stays readable.
  if (generation != slot.writer_acknowledged.load(std::memory_order_relaxed)) return {};
  const uint64_t number = slot.worker_hand_off_done.load(std::memory_order_acquire);
  if (number == 0) return {};

  const HandOffAddress& entry = slot.worker_hand_off[number % 2];
  const uint64_t at = entry.worker_at.load(std::memory_order_relaxed);
  const uint64_t length = entry.worker_bytes.load(std::memory_order_relaxed);
  const Slice slice = memory_->slice(s);
  if (at > slice.bytes || length > slice.bytes - at) return {};
  std::vector<char> bytes(length);
  std::memcpy(bytes.data(), slice.begin + at, length);

  // The copy is complete unless the worker has begun to store at the same index again.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (slot.worker_hand_off_begun.load(std::memory_order_relaxed) > number + 1) return {};
  if (slot.worker_generation.load(std::memory_order_acquire) != generation) return {};
  HandOff hand_off = LoadHandOff(bytes, slice.begin, slice.bytes, closed_frontier);
  HC_CHECK(hand_off.generation == Generation(generation), "publication of slot " + std::to_string(s.value()));
  return hand_off;
}

void WriterView::CloseUpTo(WindowStart closed_frontier, RunId run, Sequence sequence) {
  JobData& job = memory_->job();
  job.writer_run.store(run.value(), std::memory_order_relaxed);
  job.writer_sequence.store(sequence.value(), std::memory_order_relaxed);
  job.writer_closed_frontier.store(closed_frontier.seconds(), std::memory_order_release);
}

void WriterView::ShowClosed(SlotId s, const VerdictCounts& more) {
  SharedCounts& closed = memory_->slot(s).writer_closed;
  VerdictCounts sum = Load(closed);
  sum += more;
  Store(&closed, sum);
}

void WriterView::ShowMinute(uint64_t number, const PublishedMinute& minute) {
  // Stored before the entry changes, so that a reader that copied the entry meanwhile notices.
  memory_->job().writer_minutes_begun.store(number + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  RecentMinuteData& entry = memory_->job().writer_recent_minutes[number % limits::kRecentMinuteEntries];
  entry.start.store(minute.start.seconds(), std::memory_order_relaxed);
  entry.users.store(minute.unique_users, std::memory_order_relaxed);
  Store(&entry.counts, minute.counts);
  entry.published_at_ms.store(minute.published_at_ms, std::memory_order_relaxed);
}

void WriterView::ShowPublished(const VerdictCounts& counts, uint64_t minutes) {
  std::atomic_thread_fence(std::memory_order_release);
  Store(&memory_->job().writer_published, counts);
  memory_->job().writer_minutes_published.store(minutes, std::memory_order_release);
}

void WriterView::ShowTransactions(const DurationHistogram& durations) {
  Store(&memory_->job().writer_transactions, durations);
}

}  // namespace headcount::shm
