// When a partition does not hold the clock (excused), and when its leader must be asked to know. Pure: time
// and answers are passed in. Runs in the workers, one per partition.
//
//              leader says: at the end               next record; leader away; job woken
//   holding  ------------------------------>  excused  --------------------------------->  holding
//              (silent, empty, max_hold)
//   holding  -- --until-end: all read -->  excused (at_end), for good
//
// A partition becomes silent or empty only while its leader answers, and not before producers that were away with the
// leader, or slept with the whole job, have had the time to come back.
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
  Offset position;             // next to read; nothing fetched is left unjudged below it
  Offset known_end{-1};        // newest end heard of; -1: none
  bool read_to_until = false;  // --until-end: everything up to the end seen at the start has been judged
  bool began_empty = false;    // --until-end: there was nothing to read at the start, not even control records
  // The boundary its watermark allows, and the one the rest of the job would allow without it.
  WindowStart own_boundary;
  WindowStart boundary_of_others;
};

class ExcusePolicy {
 public:
  ExcusePolicy(const RunOptions& options, int64_t now_ms);

  // --- Events -----------------------------------------------------------------------------------------------
  // A record was judged; `moved` says whether it raised the watermark.
  void OnRecord(bool moved, int64_t now_ms);
  // The leader was asked with AskEnd() after WantsEnd() had said so.
  void OnEndAnswer(EndAnswer answer, const PartitionFacts& facts, int64_t now_ms);
  // How the partition's leader was heard of last. One that does not answer proves nothing: the partition holds the
  // clock until it answers again, and from then on as long as its producers may take to come back.
  void OnContact(const LeaderContact& contact, int64_t now_ms);
  // All partitions of the job were excused, and a record came in one of them at `woken_ms`. The others wake a little
  // later: each holds the clock for a whole idle timeout from then, an empty one too.
  void OnJobWoken(int64_t woken_ms);
  // There is more to read, though none of it may be read now.
  void EndExcuse() { excuse_ = shm::Excuse::kNone; }
  // An earlier life was excused at this very offset, and its move is part of the state.
  void StayExcused() {
    if (!excused()) excuse_ = shm::Excuse::kSilent;
  }
  // Looks at the facts alone: --until-end, and how long the boundary has been held. Call it often.
  void Update(const PartitionFacts& facts, int64_t now_ms);

  // Whether an answer of the leader could excuse the partition now. Rate-limited.
  bool WantsEnd(const PartitionFacts& facts, int64_t now_ms) const;

  // Why a partition at its end holds the clock, where it is not because of its own last record.
  shm::HoldReason hold_reason(int64_t now_ms) const;

  shm::Excuse excuse() const { return excuse_; }
  bool excused() const { return excuse_ != shm::Excuse::kNone; }

 private:
  void HoldUntil(int64_t ms, shm::HoldReason reason);
  std::optional<shm::Excuse> PossibleExcuse(const PartitionFacts& facts, int64_t now_ms) const;

  // Fixed after construction.
  const bool until_end_;
  const bool leave_open_;
  const int64_t idle_timeout_ms_;
  const int64_t max_hold_ms_;  // 0: off

  shm::Excuse excuse_ = shm::Excuse::kNone;
  bool leader_answers_ = true;
  uint64_t losses_ = 0;        // of contact, as last heard of
  int64_t hold_until_ms_ = 0;  // neither silent nor empty before
  shm::HoldReason hold_reason_ = shm::HoldReason::kNone;
  int64_t watermark_moved_ms_;
  WindowStart held_boundary_;
  int64_t held_since_ms_;
  int64_t ask_again_ms_ = 0;
};

}  // namespace headcount
