// Decides when a partition is idle, which means that it does not hold back the low watermark, and when the worker must
// ask its leader. Pure: the caller passes time and answers in. Runs in the workers, one for each partition.
//
//              leader says: at the end               next record; leader away; job woken
//   holding  ------------------------------>  idle  --------------------------------->  holding
//              (silent, empty, max_hold)
//   holding  -- --until-end: all read -->  idle (at_end), to the end of the run
//
// A partition becomes silent or empty only while its leader answers. Its producers may have been away with the leader,
// or have slept with the whole job. Then it becomes so only after they have had time to come back.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/types.h"
#include "common/job/run_options.h"
#include "common/shm/layout.h"
#include "worker/frame_source.h"

namespace headcount {

// One partition as its worker sees it now.
struct PartitionFacts {
  Offset position;                   // next to read; the worker has judged every fetched frame below it
  Offset known_end{-1};              // newest known end; -1: none
  bool reached_stop_offset = false;  // --until-end: the worker has judged everything up to the stop offset
  bool began_empty = false;          // --until-end: there was nothing to read at the start, not even control records
  // The frontier that this partition's watermark allows, and the one that the rest of the job would allow without it.
  WindowStart own_frontier;
  WindowStart frontier_of_others;
};

class IdlenessPolicy {
 public:
  IdlenessPolicy(const RunOptions& options, int64_t now_ms);

  // --- Events -----------------------------------------------------------------------------------------------
  // The worker judged a record. `moved`: it raised the watermark.
  void OnRecord(bool moved, int64_t now_ms);
  // The worker asked the leader with AskEnd(), after WantsEnd() was true.
  void OnEndAnswer(EndAnswer answer, const PartitionFacts& facts, int64_t now_ms);
  // The last contact with the partition's leader. A leader that does not answer proves nothing. So the partition holds
  // until the leader answers again, and then as long as its producers may need to come back.
  void OnContact(const LeaderContact& contact, int64_t now_ms);
  // All partitions of the job were idle, and a record came in one of them at `woken_ms`. The producers of the others
  // wake a little later. So each partition, even an empty one, holds for a whole idle timeout from then.
  void OnJobWoken(int64_t woken_ms);
  // There is more to read, even if the worker may not read it now.
  void EndIdleness() { idle_reason_ = shm::IdleReason::kNone; }
  // An earlier generation was idle at this very offset, and its decision is part of the judge state.
  void StayIdle() {
    if (!idle()) idle_reason_ = shm::IdleReason::kSilent;
  }
  // Uses only the facts: --until-end, and how long the partition has held the frontier. Call it often.
  void Update(const PartitionFacts& facts, int64_t now_ms);

  // Whether an answer of the leader could make the partition idle now. Rate-limited.
  bool WantsEnd(const PartitionFacts& facts, int64_t now_ms) const;

  // Why a partition at its end holds back the low watermark, if the reason is not its own last record.
  shm::HoldReason hold_reason(int64_t now_ms) const;

  shm::IdleReason idle_reason() const { return idle_reason_; }
  bool idle() const { return idle_reason_ != shm::IdleReason::kNone; }

 private:
  void HoldUntil(int64_t ms, shm::HoldReason reason);
  std::optional<shm::IdleReason> PossibleIdleReason(const PartitionFacts& facts, int64_t now_ms) const;

  // Fixed after construction.
  const bool until_end_;
  const bool leave_open_;
  const int64_t idle_timeout_ms_;
  const int64_t max_hold_ms_;  // 0: off

  shm::IdleReason idle_reason_ = shm::IdleReason::kNone;
  bool leader_answers_ = true;
  uint64_t losses_ = 0;        // of contact, as last reported
  int64_t hold_until_ms_ = 0;  // neither silent nor empty before
  shm::HoldReason hold_reason_ = shm::HoldReason::kNone;
  int64_t watermark_moved_ms_;
  WindowStart held_frontier_;
  int64_t held_since_ms_;
  int64_t ask_again_ms_ = 0;
};

}  // namespace headcount
