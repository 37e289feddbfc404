#include "worker/excuse_policy.h"

#include <algorithm>

#include "common/base/limits.h"

namespace headcount {

using shm::Excuse;
using shm::HoldReason;

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

void ExcusePolicy::OnContact(const LeaderContact& contact, int64_t now_ms) {
  const bool lost = !contact.answers || contact.losses != losses_;
  const bool returned = contact.answers && (!leader_answers_ || contact.losses != losses_);
  leader_answers_ = contact.answers;
  losses_ = contact.losses;
  if (until_end_) return;
  if (lost) EndExcuse();
  if (returned) {
    HoldUntil(now_ms + std::max(idle_timeout_ms_, limits::kProducersReturnMs), HoldReason::kLeaderReturned);
  }
}

void ExcusePolicy::OnJobWoken(int64_t woken_ms) {
  if (until_end_) return;
  EndExcuse();
  HoldUntil(woken_ms + idle_timeout_ms_, HoldReason::kJobWoken);
}

void ExcusePolicy::HoldUntil(int64_t ms, HoldReason reason) {
  if (ms <= hold_until_ms_) return;
  hold_until_ms_ = ms;
  hold_reason_ = reason;
}

HoldReason ExcusePolicy::hold_reason(int64_t now_ms) const {
  if (until_end_ || excused()) return HoldReason::kNone;
  if (!leader_answers_) return HoldReason::kLeaderAway;
  return now_ms < hold_until_ms_ ? hold_reason_ : HoldReason::kNone;
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
  if (until_end_ || excused() || !leader_answers_ || facts.known_end > facts.position) return std::nullopt;
  const bool may_rest = now_ms >= hold_until_ms_;
  if (may_rest && facts.position == Offset(0) && facts.known_end == Offset(0)) return Excuse::kEmpty;
  if (may_rest && now_ms - watermark_moved_ms_ >= idle_timeout_ms_) return Excuse::kSilent;
  if (max_hold_ms_ > 0 && now_ms - held_since_ms_ >= max_hold_ms_) return Excuse::kMaxHold;
  return std::nullopt;
}

bool ExcusePolicy::WantsEnd(const PartitionFacts& facts, int64_t now_ms) const {
  return now_ms >= ask_again_ms_ && PossibleExcuse(facts, now_ms).has_value();
}

void ExcusePolicy::OnEndAnswer(EndAnswer answer, const PartitionFacts& facts, int64_t now_ms) {
  ask_again_ms_ = now_ms + (answer == EndAnswer::kUnanswered ? limits::kUnansweredPauseMs : limits::kAskEndPauseMs);
  // A question unanswered for half a second may have met a busy broker: the connection that reads tells of a lost one.
  if (answer != EndAnswer::kAtEnd) return;
  if (const std::optional<Excuse> excuse = PossibleExcuse(facts, now_ms)) excuse_ = *excuse;
}

}  // namespace headcount
