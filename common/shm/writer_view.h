// The writer's view of the shared memory: it stores its own fields and loads the workers' hand-offs. Runs in the
// writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/types.h"
#include "common/records/published_minute.h"
#include "common/records/record_mark.h"
#include "common/records/verdict.h"
#include "common/shm/hand_off.h"
#include "common/shm/job_memory.h"

namespace headcount::shm {

class WriterView {
 public:
  explicit WriterView(const JobMemory* memory) : memory_(memory) {}

  void Beat(int64_t now_ms) { memory_->job().writer_heartbeat_ms.store(now_ms, std::memory_order_relaxed); }
  // Inside a call to the broker that may last as long as a transaction may. The coordinator then waits longer for a
  // heartbeat.
  void InBrokerCall(bool inside) {
    memory_->job().writer_in_broker_call.store(inside ? 1 : 0, std::memory_order_release);
  }
  // Since `now_ms` (CLOCK_MONOTONIC) the writer commits what is due. 0: it has committed. The readiness of the job uses
  // it.
  void CommittingSince(int64_t now_ms) {
    memory_->job().writer_committing_since_ms.store(now_ms, std::memory_order_relaxed);
  }
  bool draining() const { return memory_->job().coordinator_draining.load(std::memory_order_acquire) != 0; }

  // --- Start ------------------------------------------------------------------------------------------------
  void EnterState(WriterState state) {
    memory_->job().writer_state.store(static_cast<uint32_t>(state), std::memory_order_release);
  }
  // Stores the safe point from which a starting worker reads p. The writer calls it only at these moments:
  // - at its start;
  // - for a new partition, before it raises the partition count;
  // - with every commit, for a partition whose worker has handed it over.
  // No starting worker can be reading then: a slot gets its next worker only after the writer has dropped the last
  // one's hand-offs (Acknowledge).
  void StoreSafePoint(PartitionId p, const std::string& text, Offset safe_offset);
  // `began_empty`: the partition holds nothing to read before `stop_offset`, now or after an open transaction ends.
  void StoreStopOffset(PartitionId p, Offset stop_offset, bool began_empty) {
    memory_->partition(p).writer_began_empty.store(began_empty ? 1 : 0, std::memory_order_relaxed);
    memory_->partition(p).writer_stop_offset.store(stop_offset.value(), std::memory_order_release);
  }
  void StoreLastBoundary(EventTime boundary) {
    memory_->job().writer_last_boundary.store(boundary.seconds(), std::memory_order_release);
  }
  // The end of the last window that any worker has opened. Unset: none.
  EventTime LatestEnd() const;
  // The writer calls it first for a partition: nothing is committed there, and there is no stop offset.
  void OpenPartition(PartitionId p);
  void RaisePartitionCount(int32_t count) {
    memory_->job().writer_partition_count.store(count, std::memory_order_release);
  }

  // --- Running ----------------------------------------------------------------------------------------------
  // Tells the coordinator that the writer uses nothing of dead generations any more. Call it between transactions.
  void Acknowledge();
  // The newest hand-off of the slot's generation, once that is acknowledged, without windows before `closed_frontier`.
  // nullopt: there is none yet, or it changed while the writer read it. Look again later.
  std::optional<HandOff> TakeHandOff(SlotId slot, WindowStart closed_frontier) const;
  // The records of all windows before `closed_frontier` are committed: the workers may reuse their memory.
  void CloseUpTo(WindowStart closed_frontier, RunId run, Sequence sequence);
  // All verdicts published since this start. The writer calls ShowClosed() before, with each slot's part. A reader that
  // loads in the opposite order counts no verdict twice.
  void ShowPublished(const VerdictCounts& counts, uint64_t minutes);
  // Minute `number` of those published, from 0 on. ShowPublished() comes after it.
  void ShowMinute(uint64_t number, const PublishedMinute& minute);
  // More verdicts of one slot that are committed, since its living worker began.
  void ShowClosed(SlotId slot, const VerdictCounts& more);
  // Records that a worker read, that no published minute contains, and that no worker can read again.
  void ShowLost(uint64_t records) { memory_->job().writer_lost_records.store(records, std::memory_order_relaxed); }
  // How far the partition's worker has read, as it stored last. nullopt: no worker has stored anything yet.
  std::optional<Offset> Position(PartitionId p) const;
  // A record that a worker has read there. nullopt: none yet, or the worker is storing one.
  std::optional<RecordMark> Mark(PartitionId p) const;
  // All transactions of this writer.
  void ShowTransactions(const DurationHistogram& durations);

  int32_t slots() const { return memory_->slots(); }

 private:
  const JobMemory* memory_;
};

}  // namespace headcount::shm
