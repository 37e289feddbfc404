#include "common/judge/judge.h"

#include <algorithm>

#include "common/base/check.h"

namespace headcount {
namespace {

bool OffsetIsBefore(Offset offset, const Move& move) { return offset < move.offset; }

}  // namespace

Judge::Judge(const CountingRule& rule, const SafePoint& start, VerdictSink* sink, const JudgeBounds& bounds)
    : bounds_(bounds),
      sink_(sink),
      run_lateness_s_(rule.lateness_s),
      rule_(rule),
      rules_(start.point.rules),
      waiting_(start.point.waiting),
      any_waiting_(!waiting_.empty()),
      moves_(start.moves) {
  now_ = {start.point.offset, start.point.excused_here, start.point.watermark};
  if (!rules_.now.is_set()) rules_.now = {rule.lateness_s, rule.max_jump_s};
  SwitchRules();
  for (const HeldRef& ref : start.point.held) held_.push_back({ref.offset, {}, ref.score, 0, false});
  restoring_ = !held_.empty();
  while (next_move_ < moves_.size() &&
         (moves_[next_move_].offset < now_.offset || (moves_[next_move_].offset == now_.offset && now_.excused_here &&
                                                      moves_[next_move_].kind == Move::Kind::kExcuse))) {
    ++next_move_;
  }
  // Those are part of the point. A later excuse there is a move of its own: it may be by another rule.
  moves_.erase(moves_.begin(), moves_.begin() + static_cast<std::ptrdiff_t>(next_move_));
  next_move_ = 0;
  if (!restoring_) RepeatMovesUpTo(now_.offset);
}

bool Judge::PassOver(Offset offset) {
  if (!restoring_ || offset >= now_.offset) return false;
  if (std::any_of(held_.begin(), held_.end(), [offset](const HeldFrame& held) { return held.offset == offset; })) {
    return false;
  }
  Restore(offset, nullptr);
  return true;
}

bool Judge::IsPoison(Offset offset) const {
  for (const Move& move : moves_) {
    if (move.kind == Move::Kind::kPoison && move.offset == offset) return true;
  }
  return false;
}

// --- The rule in force ---------------------------------------------------------------------------------------

void Judge::SwitchRules() {
  const size_t to_come = rules_.to_come.size();
  rules_.SwitchBy(now_.watermark);
  if (rules_.to_come.size() < to_come) switched_since_excuse_ = true;
  rule_.lateness_s = rules_.now.lateness_s;
  rule_.max_jump_s = rules_.now.max_jump_s;
}

// As a point has them: what its watermark says by itself is left out.
ClockRules Judge::RulesAt(EventTime watermark) const {
  ClockRules rules = rules_;
  if (rules.late_before.is_set() && watermark >= rules.late_before.time().plus(rule_.lateness_s)) {
    rules.late_before = WindowStart::Unset();
  }
  return rules;
}

bool Judge::Plausible(EventTime ts) const {
  return now_.watermark.is_set() && ts <= now_.watermark.plus(rule_.max_jump_s);
}

// Mostly the same as the last time: a division costs more than all the rest of a verdict.
WindowStart Judge::WindowOf(EventTime ts) {
  if (ts < last_window_.time() || ts >= rule_.EndOf(last_window_)) last_window_ = rule_.WindowOf(ts);
  return last_window_;
}

// --- Records -------------------------------------------------------------------------------------------------

void Judge::JudgeValid(Offset offset, const Frame& frame) {
  if (restoring_ && offset < now_.offset) return Restore(offset, &frame);
  BeginRecord(offset);
  if (held_.empty() && Plausible(frame.ts)) {
    Accept(offset, frame);
  } else {
    JudgeAmongHeld(offset, frame);
  }
  EndRecord();
}

void Judge::JudgeInvalid(Offset offset, InvalidReason reason) {
  if (restoring_ && offset < now_.offset) return Restore(offset, nullptr);
  BeginRecord(offset);
  if (now_.watermark.is_set()) {
    const WindowStart window = rule_.WindowOf(now_.watermark);
    HandOverWaiting(window);
    sink_->AddInvalid(window, reason);
  } else {
    ++waiting_.invalid_by_reason[static_cast<size_t>(reason)];
    any_waiting_ = true;
  }
  EndRecord();
}

void Judge::ReachedEnd(Offset position) {
  if (restoring_ && position >= now_.offset) EndRestoring();
  if (!restoring_) RepeatMovesUpTo(position);
}

void Judge::BeginRecord(Offset offset) {
  if (restoring_) EndRestoring();
  HC_CHECK(offset >= now_.offset, "a record came twice or out of order: offset " + std::to_string(offset.value()));
  // Moves beyond our offset but not beyond this record: the records between have left the log since.
  RepeatMovesUpTo(offset);
  RememberBefore();
  now_.offset = Offset(offset.value() + 1);
  now_.excused_here = false;
  ++records_;
}

void Judge::EndRecord() {
  if (!held_.empty()) ExpireHeld();
  if (!rules_.to_come.empty()) SwitchRules();
  RepeatMovesUpTo(now_.offset);
}

void Judge::RememberBefore() {
  before_ = now_;
  waiting_before_ = waiting_;
  held_before_.clear();
  for (const HeldFrame& held : held_) held_before_.push_back({held.offset, held.score});
}

void Judge::JudgeAmongHeld(Offset offset, const Frame& frame) {
  const bool plausible = Plausible(frame.ts);
  for (HeldFrame& held : held_) {
    if (frame.ts >= held.frame.ts.plus(-rule_.max_jump_s)) {
      ++held.score;
    } else if (plausible) {
      --held.score;
    }
  }
  if (plausible) {
    Accept(offset, frame);
  } else {
    Hold(offset, frame);
  }
  ReleaseHeld();
}

void Judge::Hold(Offset offset, const Frame& frame) {
  if (held_.size() == bounds_.held_frames) OldestHeldIsFuture();
  held_.push_back({offset, frame, 0, records_, true});
}

// Accepting one held frame may raise the watermark and make an earlier one plausible: so from the start again.
void Judge::ReleaseHeld() {
  for (;;) {
    const auto ready = std::find_if(held_.begin(), held_.end(), [this](const HeldFrame& held) {
      return held.score >= bounds_.confirmations || Plausible(held.frame.ts);
    });
    if (ready == held_.end()) return;
    const HeldFrame held = *ready;
    held_.erase(ready);
    Accept(held.offset, held.frame);
  }
}

void Judge::ExpireHeld() {
  while (!held_.empty() && records_ - held_.front().record_number >= bounds_.held_records) OldestHeldIsFuture();
}

bool Judge::IsLate(WindowStart window) const {
  if (!now_.watermark.is_set()) return false;
  return now_.watermark >= rule_.EndOf(window).plus(rule_.lateness_s) || window < rules_.late_before;
}

void Judge::Accept(Offset offset, const Frame& frame) {
  const WindowStart window = WindowOf(frame.ts);
  if (IsLate(window)) {
    const WindowStart standing = rule_.WindowOf(now_.watermark);
    HandOverWaiting(standing);
    sink_->IsLate(offset);
    sink_->AddLate(standing);
    return;
  }
  HandOverWaiting(window);
  sink_->AddCounted(window, frame.uid);
  now_.watermark = std::max(now_.watermark, frame.ts);
}

void Judge::OldestHeldIsFuture() {
  const Offset offset = held_.front().offset;
  held_.erase(held_.begin());
  Future(offset);
}

void Judge::Future(Offset offset) {
  sink_->IsFuture(offset);
  if (!now_.watermark.is_set()) {
    ++waiting_.future;
    any_waiting_ = true;
    return;
  }
  const WindowStart window = rule_.WindowOf(now_.watermark);
  HandOverWaiting(window);
  sink_->AddFuture(window);
}

void Judge::HandOverAllWaiting(WindowStart window) {
  sink_->AddWaited(window, waiting_);
  waiting_ = {};
  any_waiting_ = false;
}

// --- Restoring -----------------------------------------------------------------------------------------------

void Judge::Restore(Offset offset, const Frame* frame) {
  ++records_;
  for (HeldFrame& held : held_) {
    if (held.offset != offset || frame == nullptr) continue;
    held.frame = *frame;
    held.record_number = records_;
    held.restored = true;
  }
  if (offset.value() + 1 >= now_.offset.value()) EndRestoring();
}

void Judge::EndRestoring() {
  restoring_ = false;
  const auto gone = std::remove_if(held_.begin(), held_.end(), [](const HeldFrame& held) { return !held.restored; });
  lost_held_ += static_cast<uint64_t>(held_.end() - gone);
  held_.erase(gone, held_.end());
  RepeatMovesUpTo(now_.offset);
}

// --- Moves ---------------------------------------------------------------------------------------------------

void Judge::Excuse(EventTime wall_clock, WindowStart passed_upto) {
  HC_CHECK(!restoring_, "excused while held frames are still being read again");
  const bool raises =
      passed_upto.is_set() && (!now_.watermark.is_set() || passed_upto.time().plus(rule_.lateness_s) > now_.watermark);
  if (held_.empty() && !raises) return;
  Move* here = ExcuseHere();
  if (here == nullptr) {
    HC_CHECK(
        CountMoves(Move::Kind::kExcuse) < limits::kMaxMoves + (now_.excused_here ? limits::kMaxRuleChanges : size_t{0}),
        "excused at a new offset though the moves are full");
    // Only the first excuse at an offset finds frames to settle, so its clock is the one that matters.
    // Poison that lies ahead may have been passed already: only control records stood before it, or it has left the
    // log.
    const auto after = std::upper_bound(moves_.begin(), moves_.begin() + static_cast<std::ptrdiff_t>(next_move_),
                                        now_.offset, OffsetIsBefore);
    here = &*moves_.insert(after, {now_.offset, Move::Kind::kExcuse, WindowStart::Unset(), wall_clock});
    ++next_move_;
  }
  here->passed_upto = std::max(here->passed_upto, passed_upto);
  ApplyExcuse(*here);
}

void Judge::ApplyExcuse(const Move& move) {
  RememberBefore();
  switched_since_excuse_ = false;
  SettleHeld(move.clock.plus(rule_.lateness_s));
  now_.excused_here = true;
  if (!rules_.to_come.empty()) SwitchRules();
  if (!move.passed_upto.is_set()) return;
  size_t to_come = 0;
  // Once more for each rule that this lets in: windows before passed_upto are sealed, so that all rules must find
  // their frames late.
  do {
    now_.watermark = std::max(now_.watermark, move.passed_upto.time().plus(rule_.lateness_s));
    to_come = rules_.to_come.size();
    if (to_come > 0) SwitchRules();
  } while (rules_.to_come.size() < to_come);
}

void Judge::SettleHeld(EventTime limit) {
  std::vector<HeldFrame> settled;
  settled.swap(held_);
  std::stable_sort(settled.begin(), settled.end(),
                   [](const HeldFrame& a, const HeldFrame& b) { return a.frame.ts < b.frame.ts; });
  for (const HeldFrame& held : settled) {
    if (held.score >= 0 && held.frame.ts <= limit) {
      Accept(held.offset, held.frame);
    } else {
      Future(held.offset);
    }
  }
}

// The excuse at the present offset that is already part of the state, if there is one and a later seal may still raise
// it: another rule in force since then must not be taken for that by which it was given.
Move* Judge::ExcuseHere() {
  if (switched_since_excuse_) return nullptr;
  for (size_t i = next_move_; i > 0; --i) {
    Move& move = moves_[i - 1];
    if (move.offset < now_.offset) return nullptr;
    if (move.offset == now_.offset && move.kind == Move::Kind::kExcuse) return &move;
  }
  return nullptr;
}

bool Judge::AddPoison(Offset offset) {
  HC_CHECK(offset >= now_.offset, "poison named after its verdict: offset " + std::to_string(offset.value()));
  if (IsPoison(offset)) return true;
  if (poison_full()) return false;
  const auto after = std::upper_bound(moves_.begin(), moves_.end(), offset, OffsetIsBefore);
  const Move poison{offset, Move::Kind::kPoison, WindowStart::Unset(), EventTime::Unset()};
  const bool passed = static_cast<size_t>(after - moves_.begin()) < next_move_;
  moves_.insert(after, poison);
  if (passed) ++next_move_;
  return true;
}

size_t Judge::CountMoves(Move::Kind kind) const {
  return static_cast<size_t>(
      std::count_if(moves_.begin(), moves_.end(), [kind](const Move& move) { return move.kind == kind; }));
}

bool Judge::ExcusesFull() const {
  if (CountMoves(Move::Kind::kExcuse) < limits::kMaxMoves) return false;
  return std::none_of(moves_.begin() + static_cast<std::ptrdiff_t>(next_move_), moves_.end(),
                      [](const Move& move) { return move.kind == Move::Kind::kExcuse; });
}

void Judge::ForgetMovesBelow(Offset offset) {
  size_t forgotten = 0;
  while (forgotten < next_move_ && moves_[forgotten].offset < offset) ++forgotten;
  moves_.erase(moves_.begin(), moves_.begin() + static_cast<std::ptrdiff_t>(forgotten));
  next_move_ -= forgotten;
}

void Judge::RepeatMoves(Offset offset) {
  while (next_move_ < moves_.size() && moves_[next_move_].offset <= offset) {
    const Move& move = moves_[next_move_++];
    if (move.kind != Move::Kind::kExcuse) continue;
    if (now_.offset < move.offset) now_.offset = move.offset;
    ApplyExcuse(move);
  }
}

// --- Points --------------------------------------------------------------------------------------------------

Point Judge::point() const {
  Point point{now_.offset, now_.excused_here, now_.watermark, waiting_, {}, RulesAt(now_.watermark)};
  for (const HeldFrame& held : held_) point.held.push_back({held.offset, held.score});
  return point;
}

Point Judge::point_before() const {
  return {before_.offset,  before_.excused_here, before_.watermark,
          waiting_before_, held_before_,         RulesAt(before_.watermark)};
}

}  // namespace headcount
