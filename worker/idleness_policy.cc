#include "worker/idleness_policy.h"

#include <algorithm>

#include "common/base/limits.h"

namespace headcount {

using shm::HoldReason;
using shm::IdleReason;

IdlenessPolicy::IdlenessPolicy(const RunOptions& options, int64_t now_ms)
    : until_end_(options.until_end),
      leave_open_(options.leave_open),
      idle_timeout_ms_(options.idle_timeout_ms),
      max_hold_ms_(options.max_hold_ms),
      watermark_moved_ms_(now_ms),
      held_since_ms_(now_ms) {}

void IdlenessPolicy::OnRecord(bool moved, int64_t now_ms) {
  idle_reason_ = IdleReason::kNone;
  if (moved) watermark_moved_ms_ = now_ms;
}

void IdlenessPolicy::OnContact(const LeaderContact& contact, int64_t now_ms) {
  const bool lost = !contact.answers || contact.losses != losses_;
  const bool returned = contact.answers && (!leader_answers_ || contact.losses != losses_);
  leader_answers_ = contact.answers;
  losses_ = contact.losses;
  if (until_end_) return;
  if (lost) EndIdleness();
  if (returned) {
    HoldUntil(now_ms + std::max(idle_timeout_ms_, limits::kProducersReturnMs), HoldReason::kLeaderReturned);
  }
}

void IdlenessPolicy::OnJobWoken(int64_t woken_ms) {
  if (until_end_) return;
  EndIdleness();
  HoldUntil(woken_ms + idle_timeout_ms_, HoldReason::kJobWoken);
}

void IdlenessPolicy::HoldUntil(int64_t ms, HoldReason reason) {
  if (ms <= hold_until_ms_) return;
  hold_until_ms_ = ms;
  hold_reason_ = reason;
}

HoldReason IdlenessPolicy::hold_reason(int64_t now_ms) const {
  if (until_end_ || idle()) return HoldReason::kNone;
  if (!leader_answers_) return HoldReason::kLeaderAway;
  return now_ms < hold_until_ms_ ? hold_reason_ : HoldReason::kNone;
}

void IdlenessPolicy::Update(const PartitionFacts& facts, int64_t now_ms) {
  if (until_end_) {
    if (!facts.reached_stop_offset) return;
    if (!leave_open_) {
      idle_reason_ = IdleReason::kAtEnd;
    } else if (facts.began_empty) {
      idle_reason_ = IdleReason::kEmpty;
    }
    return;
  }
  const bool holds = !idle() && facts.own_frontier < facts.frontier_of_others;
  if (!holds || facts.own_frontier != held_frontier_) {
    held_frontier_ = facts.own_frontier;
    held_since_ms_ = now_ms;
  }
}

// The idle reason that a leader's "at the end" would give the partition. A known end beyond the position makes the
// question needless.
std::optional<IdleReason> IdlenessPolicy::PossibleIdleReason(const PartitionFacts& facts, int64_t now_ms) const {
  if (until_end_ || idle() || !leader_answers_ || facts.known_end > facts.position) return std::nullopt;
  const bool may_rest = now_ms >= hold_until_ms_;
  if (may_rest && facts.position == Offset(0) && facts.known_end == Offset(0)) return IdleReason::kEmpty;
  if (may_rest && now_ms - watermark_moved_ms_ >= idle_timeout_ms_) return IdleReason::kSilent;
  if (max_hold_ms_ > 0 && now_ms - held_since_ms_ >= max_hold_ms_) return IdleReason::kMaxHold;
  return std::nullopt;
}

bool IdlenessPolicy::WantsEnd(const PartitionFacts& facts, int64_t now_ms) const {
  return now_ms >= ask_again_ms_ && PossibleIdleReason(facts, now_ms).has_value();
}

void IdlenessPolicy::OnEndAnswer(EndAnswer answer, const PartitionFacts& facts, int64_t now_ms) {
  ask_again_ms_ = now_ms + (answer == EndAnswer::kUnanswered ? limits::kUnansweredPauseMs : limits::kAskEndPauseMs);
  // A busy broker may leave a question unanswered for half a second. Only the connection that reads tells of a lost
  // leader.
  if (answer != EndAnswer::kAtEnd) return;
  if (const std::optional<IdleReason> idle_reason = PossibleIdleReason(facts, now_ms)) idle_reason_ = *idle_reason;
}

}  // namespace headcount
