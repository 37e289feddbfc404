#include "worker/excuse_policy.h"

#include "common/limits.h"

namespace headcount {

using shm::Excuse;

ExcusePolicy::ExcusePolicy(const RunOptions& options, int64_t now_ms)
    : until_end_(options.until_end),
      leave_open_(options.leave_open),
      idle_timeout_ms_(options.idle_timeout_ms),
      max_hold_ms_(options.max_hold_ms),
      watermark_moved_ms_(now_ms),
      held_since_ms_(now_ms) {}

void ExcusePolicy::OnRecord(bool moved, int64_t now_ms) {
  excuse_ = Excuse::kNone;
  if (moved) watermark_moved_ms_ = now_ms;
}

void ExcusePolicy::Update(const PartitionFacts& facts, int64_t now_ms) {
  if (until_end_) {
    if (!facts.read_to_until) return;
    if (!leave_open_) {
      excuse_ = Excuse::kAtEnd;
    } else if (facts.began_empty) {
      excuse_ = Excuse::kEmpty;
    }
    return;
  }
  const bool holds = !excused() && facts.own_boundary < facts.boundary_of_others;
  if (!holds || facts.own_boundary != held_boundary_) {
    held_boundary_ = facts.own_boundary;
    held_since_ms_ = now_ms;
  }
}

// What a leader's "that is all" would make of the partition. A known end beyond the position is answer enough.
std::optional<Excuse> ExcusePolicy::PossibleExcuse(const PartitionFacts& facts, int64_t now_ms) const {
  if (until_end_ || excused() || facts.known_end > facts.position) return std::nullopt;
  if (facts.position == Offset(0) && facts.known_end == Offset(0)) return Excuse::kEmpty;
  if (now_ms - watermark_moved_ms_ >= idle_timeout_ms_) return Excuse::kSilent;
  if (max_hold_ms_ > 0 && now_ms - held_since_ms_ >= max_hold_ms_) return Excuse::kMaxHold;
  return std::nullopt;
}

bool ExcusePolicy::WantsEnd(const PartitionFacts& facts, int64_t now_ms) const {
  return now_ms >= ask_again_ms_ && PossibleExcuse(facts, now_ms).has_value();
}

void ExcusePolicy::OnEndAnswer(EndAnswer answer, const PartitionFacts& facts, int64_t now_ms) {
  ask_again_ms_ = now_ms + (answer == EndAnswer::kUnanswered ? limits::kUnansweredPauseMs : limits::kAskEndPauseMs);
  if (answer != EndAnswer::kAtEnd) return;
  if (const std::optional<Excuse> excuse = PossibleExcuse(facts, now_ms)) excuse_ = *excuse;
}

}  // namespace headcount
