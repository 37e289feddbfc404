// What the writer may say and see in the shared memory. Runs in the writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/types.h"
#include "common/records/published_minute.h"
#include "common/records/record_mark.h"
#include "common/records/verdict.h"
#include "common/shm/job_memory.h"
#include "common/shm/publication.h"

namespace headcount::shm {

class WriterView {
 public:
  explicit WriterView(const JobMemory* memory) : memory_(memory) {}

  void Beat(int64_t now_ms) { memory_->job().writer_heartbeat_ms.store(now_ms, std::memory_order_relaxed); }
  // Inside a call to the broker that may take as long as a transaction may, the coordinator waits longer.
  void InBrokerCall(bool inside) {
    memory_->job().writer_in_broker_call.store(inside ? 1 : 0, std::memory_order_release);
  }
  // From then on what is due is being committed; 0: it is. For the readiness of the job.
  void CommittingSince(int64_t now_ms) {
    memory_->job().writer_committing_since_ms.store(now_ms, std::memory_order_relaxed);
  }
  bool draining() const { return memory_->job().coordinator_draining.load(std::memory_order_acquire) != 0; }

  // --- Start ------------------------------------------------------------------------------------------------
  void EnterState(WriterState state) {
    memory_->job().writer_state.store(static_cast<uint32_t>(state), std::memory_order_release);
  }
  // The point from which a worker that starts reads p. Stored only at the start, for a new partition before
  // the partition count is raised, and with every commit for a partition whose worker has published it: no
  // worker that starts can be reading then, since a slot gets its next worker only after the writer has
  // dropped the last one's publications (Acknowledge).
  void StorePoint(PartitionId p, const std::string& text, Offset safe_offset);
  // `began_empty`: there is nothing there to be read, now or once an open transaction has ended.
  void StoreUntil(PartitionId p, Offset until, bool began_empty) {
    memory_->partition(p).writer_began_empty.store(began_empty ? 1 : 0, std::memory_order_relaxed);
    memory_->partition(p).writer_until.store(until.value(), std::memory_order_release);
  }
  void StoreLastBoundary(EventTime boundary) {
    memory_->job().writer_last_boundary.store(boundary.seconds(), std::memory_order_release);
  }
  // The end of the last window that any worker has opened; Unset: none.
  EventTime LatestEnd() const;
  // First of all for a partition: nothing committed, read without end.
  void OpenPartition(PartitionId p);
  void RaisePartitionCount(int32_t count) {
    memory_->job().writer_partition_count.store(count, std::memory_order_release);
  }

  // --- Running ----------------------------------------------------------------------------------------------
  // Tells the coordinator that nothing of dead generations is held any more; call it between transactions.
  void Acknowledge();
  // The newest publication of the slot's generation, once that is acknowledged; without windows before
  // `closed_upto`; nothing where there is none (yet), or it changed while being read: look again later.
  std::optional<Publication> TakePublication(SlotId slot, WindowStart closed_upto) const;
  // The records of all windows before it are committed: the workers may reuse their memory.
  void CloseUpTo(WindowStart closed_upto, RunId run, Sequence sequence);
  // All since this start. What of it was a slot's is told before (ShowClosed): who loads them the other way round
  // sees no verdict twice.
  void ShowPublished(const VerdictCounts& counts, uint64_t minutes);
  // Number `number` of them, from 0 on; ShowPublished() comes after it.
  void ShowMinute(uint64_t number, const PublishedMinute& minute);
  // More that is committed of one slot, since its living worker began.
  void ShowClosed(SlotId slot, const VerdictCounts& more);
  // Records that were read, but stand in no published minute and cannot be read again.
  void ShowLost(uint64_t records) { memory_->job().writer_lost_records.store(records, std::memory_order_relaxed); }
  // How far the partition's worker has read, as it showed last; nothing: it has shown nothing yet.
  std::optional<Offset> Position(PartitionId p) const;
  // A record that a worker has read there; nothing: none yet, or it is being stored.
  std::optional<RecordMark> Mark(PartitionId p) const;
  // All of this writer.
  void ShowTransactions(const DurationHistogram& durations);

  int32_t slots() const { return memory_->slots(); }

 private:
  const JobMemory* memory_;
};

}  // namespace headcount::shm
