#include "common/judge/judge.h"

#include <algorithm>

#include "common/base/check.h"

namespace headcount {
namespace {

bool OffsetIsBefore(Offset offset, const Decision& decision) { return offset < decision.offset; }

}  // namespace

Judge::Judge(const CountingRule& rule, const SafePoint& start, VerdictSink* sink, const JudgeBounds& bounds)
    : bounds_(bounds),
      sink_(sink),
      run_lateness_s_(rule.lateness_s),
      rule_(rule),
      rules_(start.state.rules),
      unattributed_(start.state.unattributed),
      any_unattributed_(!unattributed_.empty()),
      decisions_(start.decisions) {
  now_ = {start.state.offset, start.state.idle_here, start.state.watermark};
  if (!rules_.now.is_set()) rules_.now = {rule.lateness_s, rule.max_jump_s};
  SwitchRules();
  for (const UnconfirmedRef& ref : start.state.unconfirmed)
    unconfirmed_.push_back({ref.offset, {}, ref.score, 0, false});
  restoring_ = !unconfirmed_.empty();
  while (next_decision_ < decisions_.size() && (decisions_[next_decision_].offset < now_.offset ||
                                                (decisions_[next_decision_].offset == now_.offset && now_.idle_here &&
                                                 decisions_[next_decision_].kind == Decision::Kind::kIdle))) {
    ++next_decision_;
  }
  // The state includes those decisions. A later idleness at the same offset is a decision of its own, because another
  // rule may be in force by then.
  decisions_.erase(decisions_.begin(), decisions_.begin() + static_cast<std::ptrdiff_t>(next_decision_));
  next_decision_ = 0;
  if (!restoring_) RepeatDecisionsUpTo(now_.offset);
}

bool Judge::PassOver(Offset offset) {
  if (!restoring_ || offset >= now_.offset) return false;
  if (std::any_of(unconfirmed_.begin(), unconfirmed_.end(),
                  [offset](const UnconfirmedFrame& unconfirmed) { return unconfirmed.offset == offset; })) {
    return false;
  }
  Restore(offset, nullptr);
  return true;
}

bool Judge::IsPoison(Offset offset) const {
  for (const Decision& decision : decisions_) {
    if (decision.kind == Decision::Kind::kPoison && decision.offset == offset) return true;
  }
  return false;
}

// --- The rule in force ---------------------------------------------------------------------------------------

void Judge::SwitchRules() {
  const size_t to_come = rules_.to_come.size();
  rules_.SwitchBy(now_.watermark);
  if (rules_.to_come.size() < to_come) switched_since_idle_ = true;
  rule_.lateness_s = rules_.now.lateness_s;
  rule_.max_jump_s = rules_.now.max_jump_s;
}

// The rules as a judge state holds them. late_before is left out where the watermark implies it.
WatermarkRules Judge::RulesAt(EventTime watermark) const {
  WatermarkRules rules = rules_;
  if (rules.late_before.is_set() && watermark >= rules.late_before.time().plus(rule_.lateness_s)) {
    rules.late_before = WindowStart::Unset();
  }
  return rules;
}

bool Judge::Plausible(EventTime ts) const {
  return now_.watermark.is_set() && ts <= now_.watermark.plus(rule_.max_jump_s);
}

// The window is mostly that of the last frame. A division costs more than the rest of a verdict.
WindowStart Judge::WindowOf(EventTime ts) {
  if (ts < last_window_.time() || ts >= rule_.EndOf(last_window_)) last_window_ = rule_.WindowOf(ts);
  return last_window_;
}

// --- Records -------------------------------------------------------------------------------------------------

void Judge::JudgeValid(Offset offset, const Frame& frame) {
  if (restoring_ && offset < now_.offset) return Restore(offset, &frame);
  BeginRecord(offset);
  if (unconfirmed_.empty() && Plausible(frame.ts)) {
    Accept(offset, frame);
  } else {
    JudgeAmongUnconfirmed(offset, frame);
  }
  EndRecord();
}

void Judge::JudgeInvalid(Offset offset, InvalidReason reason) {
  if (restoring_ && offset < now_.offset) return Restore(offset, nullptr);
  BeginRecord(offset);
  if (now_.watermark.is_set()) {
    const WindowStart window = rule_.WindowOf(now_.watermark);
    HandOverUnattributed(window);
    sink_->AddInvalid(window, reason);
  } else {
    ++unattributed_.invalid_by_reason[static_cast<size_t>(reason)];
    any_unattributed_ = true;
  }
  EndRecord();
}

void Judge::ReachedEnd(Offset position) {
  if (restoring_ && position >= now_.offset) EndRestoring();
  if (!restoring_) RepeatDecisionsUpTo(position);
}

void Judge::BeginRecord(Offset offset) {
  if (restoring_) EndRestoring();
  HC_CHECK(offset >= now_.offset, "a record came twice or out of order: offset " + std::to_string(offset.value()));
  // Repeats decisions above our offset and up to this record, too: the records between have left the log.
  RepeatDecisionsUpTo(offset);
  RememberBefore();
  now_.offset = Offset(offset.value() + 1);
  now_.idle_here = false;
  ++records_;
}

void Judge::EndRecord() {
  if (!unconfirmed_.empty()) ExpireUnconfirmed();
  if (!rules_.to_come.empty()) SwitchRules();
  RepeatDecisionsUpTo(now_.offset);
}

void Judge::RememberBefore() {
  before_ = now_;
  unattributed_before_ = unattributed_;
  unconfirmed_before_.clear();
  for (const UnconfirmedFrame& unconfirmed : unconfirmed_)
    unconfirmed_before_.push_back({unconfirmed.offset, unconfirmed.score});
}

void Judge::JudgeAmongUnconfirmed(Offset offset, const Frame& frame) {
  const bool plausible = Plausible(frame.ts);
  for (UnconfirmedFrame& unconfirmed : unconfirmed_) {
    if (frame.ts >= unconfirmed.frame.ts.plus(-rule_.max_jump_s)) {
      ++unconfirmed.score;
    } else if (plausible) {
      --unconfirmed.score;
    }
  }
  if (plausible) {
    Accept(offset, frame);
  } else {
    Hold(offset, frame);
  }
  ReleaseUnconfirmed();
}

void Judge::Hold(Offset offset, const Frame& frame) {
  if (unconfirmed_.size() == bounds_.unconfirmed_frames) OldestUnconfirmedIsFuture();
  unconfirmed_.push_back({offset, frame, 0, records_, true});
}

// Accepting one unconfirmed frame may raise the watermark and make an earlier one plausible, so the search starts over.
void Judge::ReleaseUnconfirmed() {
  for (;;) {
    const auto ready =
        std::find_if(unconfirmed_.begin(), unconfirmed_.end(), [this](const UnconfirmedFrame& unconfirmed) {
          return unconfirmed.score >= bounds_.confirmations || Plausible(unconfirmed.frame.ts);
        });
    if (ready == unconfirmed_.end()) return;
    const UnconfirmedFrame unconfirmed = *ready;
    unconfirmed_.erase(ready);
    Accept(unconfirmed.offset, unconfirmed.frame);
  }
}

void Judge::ExpireUnconfirmed() {
  while (!unconfirmed_.empty() && records_ - unconfirmed_.front().record_number >= bounds_.unconfirmed_records)
    OldestUnconfirmedIsFuture();
}

bool Judge::IsLate(WindowStart window) const {
  if (!now_.watermark.is_set()) return false;
  return now_.watermark >= rule_.EndOf(window).plus(rule_.lateness_s) || window < rules_.late_before;
}

void Judge::Accept(Offset offset, const Frame& frame) {
  const WindowStart window = WindowOf(frame.ts);
  if (IsLate(window)) {
    const WindowStart standing = rule_.WindowOf(now_.watermark);
    HandOverUnattributed(standing);
    sink_->IsLate(offset);
    sink_->AddLate(standing);
    return;
  }
  HandOverUnattributed(window);
  sink_->AddCounted(window, frame.uid);
  now_.watermark = std::max(now_.watermark, frame.ts);
}

void Judge::OldestUnconfirmedIsFuture() {
  const Offset offset = unconfirmed_.front().offset;
  unconfirmed_.erase(unconfirmed_.begin());
  Future(offset);
}

void Judge::Future(Offset offset) {
  sink_->IsFuture(offset);
  if (!now_.watermark.is_set()) {
    ++unattributed_.future;
    any_unattributed_ = true;
    return;
  }
  const WindowStart window = rule_.WindowOf(now_.watermark);
  HandOverUnattributed(window);
  sink_->AddFuture(window);
}

void Judge::HandOverAllUnattributed(WindowStart window) {
  sink_->AddUnattributed(window, unattributed_);
  unattributed_ = {};
  any_unattributed_ = false;
}

// --- Restoring -----------------------------------------------------------------------------------------------

void Judge::Restore(Offset offset, const Frame* frame) {
  ++records_;
  for (UnconfirmedFrame& unconfirmed : unconfirmed_) {
    if (unconfirmed.offset != offset || frame == nullptr) continue;
    unconfirmed.frame = *frame;
    unconfirmed.record_number = records_;
    unconfirmed.restored = true;
  }
  if (offset.value() + 1 >= now_.offset.value()) EndRestoring();
}

void Judge::EndRestoring() {
  restoring_ = false;
  const auto gone = std::remove_if(unconfirmed_.begin(), unconfirmed_.end(),
                                   [](const UnconfirmedFrame& unconfirmed) { return !unconfirmed.restored; });
  lost_unconfirmed_ += static_cast<uint64_t>(unconfirmed_.end() - gone);
  unconfirmed_.erase(gone, unconfirmed_.end());
  RepeatDecisionsUpTo(now_.offset);
}

// --- Decisions -----------------------------------------------------------------------------------------------

void Judge::MarkIdle(EventTime wall_clock, WindowStart passed_frontier) {
  HC_CHECK(!restoring_, "excused while held frames are still being read again");
  const bool raises = passed_frontier.is_set() &&
                      (!now_.watermark.is_set() || passed_frontier.time().plus(rule_.lateness_s) > now_.watermark);
  if (unconfirmed_.empty() && !raises) return;
  Decision* here = IdleHere();
  if (here == nullptr) {
    HC_CHECK(CountDecisions(Decision::Kind::kIdle) <
                 limits::kMaxDecisions + (now_.idle_here ? limits::kMaxRuleChanges : size_t{0}),
             "excused at a new offset though the moves are full");
    // Only the first idleness at an offset finds frames to settle, so the judge keeps that wall clock. Poison ahead may
    // be passed already: only control records stood before it, or it has left the log.
    const auto after =
        std::upper_bound(decisions_.begin(), decisions_.begin() + static_cast<std::ptrdiff_t>(next_decision_),
                         now_.offset, OffsetIsBefore);
    here = &*decisions_.insert(after, {now_.offset, Decision::Kind::kIdle, WindowStart::Unset(), wall_clock});
    ++next_decision_;
  }
  here->passed_frontier = std::max(here->passed_frontier, passed_frontier);
  ApplyIdle(*here);
}

void Judge::ApplyIdle(const Decision& decision) {
  RememberBefore();
  switched_since_idle_ = false;
  SettleUnconfirmed(decision.wall_clock.plus(rule_.lateness_s));
  now_.idle_here = true;
  if (!rules_.to_come.empty()) SwitchRules();
  if (!decision.passed_frontier.is_set()) return;
  size_t to_come = 0;
  // Repeats for each rule that comes into force here. The windows before passed_frontier are sealed, so every rule must
  // find their frames late.
  do {
    now_.watermark = std::max(now_.watermark, decision.passed_frontier.time().plus(rule_.lateness_s));
    to_come = rules_.to_come.size();
    if (to_come > 0) SwitchRules();
  } while (rules_.to_come.size() < to_come);
}

void Judge::SettleUnconfirmed(EventTime limit) {
  std::vector<UnconfirmedFrame> settled;
  settled.swap(unconfirmed_);
  std::stable_sort(settled.begin(), settled.end(),
                   [](const UnconfirmedFrame& a, const UnconfirmedFrame& b) { return a.frame.ts < b.frame.ts; });
  for (const UnconfirmedFrame& unconfirmed : settled) {
    if (unconfirmed.score >= 0 && unconfirmed.frame.ts <= limit) {
      Accept(unconfirmed.offset, unconfirmed.frame);
    } else {
      Future(unconfirmed.offset);
    }
  }
}

// The idleness at the present offset that the state already includes, or null. A later seal may still raise it. Null,
// too, after a change of the rule: the judge must not raise by the new rule what the old rule decided.
Decision* Judge::IdleHere() {
  if (switched_since_idle_) return nullptr;
  for (size_t i = next_decision_; i > 0; --i) {
    Decision& decision = decisions_[i - 1];
    if (decision.offset < now_.offset) return nullptr;
    if (decision.offset == now_.offset && decision.kind == Decision::Kind::kIdle) return &decision;
  }
  return nullptr;
}

bool Judge::AddPoison(Offset offset) {
  HC_CHECK(offset >= now_.offset, "poison named after its verdict: offset " + std::to_string(offset.value()));
  if (IsPoison(offset)) return true;
  if (poison_full()) return false;
  const auto after = std::upper_bound(decisions_.begin(), decisions_.end(), offset, OffsetIsBefore);
  const Decision poison{offset, Decision::Kind::kPoison, WindowStart::Unset(), EventTime::Unset()};
  const bool passed = static_cast<size_t>(after - decisions_.begin()) < next_decision_;
  decisions_.insert(after, poison);
  if (passed) ++next_decision_;
  return true;
}

size_t Judge::CountDecisions(Decision::Kind kind) const {
  return static_cast<size_t>(std::count_if(decisions_.begin(), decisions_.end(),
                                           [kind](const Decision& decision) { return decision.kind == kind; }));
}

bool Judge::IdleFull() const {
  if (CountDecisions(Decision::Kind::kIdle) < limits::kMaxDecisions) return false;
  return std::none_of(decisions_.begin() + static_cast<std::ptrdiff_t>(next_decision_), decisions_.end(),
                      [](const Decision& decision) { return decision.kind == Decision::Kind::kIdle; });
}

void Judge::ForgetDecisionsBelow(Offset offset) {
  size_t forgotten = 0;
  while (forgotten < next_decision_ && decisions_[forgotten].offset < offset) ++forgotten;
  decisions_.erase(decisions_.begin(), decisions_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  next_decision_ -= forgotten;
}

void Judge::RepeatDecisions(Offset offset) {
  while (next_decision_ < decisions_.size() && decisions_[next_decision_].offset <= offset) {
    const Decision& decision = decisions_[next_decision_++];
    if (decision.kind != Decision::Kind::kIdle) continue;
    if (now_.offset < decision.offset) now_.offset = decision.offset;
    ApplyIdle(decision);
  }
}

// --- The judge state -----------------------------------------------------------------------------------------

JudgeState Judge::state() const {
  JudgeState state{now_.offset, now_.idle_here, now_.watermark, unattributed_, {}, RulesAt(now_.watermark)};
  for (const UnconfirmedFrame& unconfirmed : unconfirmed_)
    state.unconfirmed.push_back({unconfirmed.offset, unconfirmed.score});
  return state;
}

JudgeState Judge::state_before() const {
  return {before_.offset,       before_.idle_here,   before_.watermark,
          unattributed_before_, unconfirmed_before_, RulesAt(before_.watermark)};
}

}  // namespace headcount
