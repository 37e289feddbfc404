// The judge of one partition gives every record its verdict, and every verdict its window. Each worker runs one judge
// for each of its partitions.
// The judge is pure: it does no I/O, reads no clock and knows no other partition.
//
// The same records and the same decisions always give the same verdicts in the same windows, wherever in the log the
// judge starts. Every recovery rests on this promise. common/judge/README.md states the rule in words.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/types.h"
#include "common/judge/judge_state.h"
#include "common/records/verdict.h"
#include "common/sets/fingerprint.h"

namespace headcount {

// A valid frame, as the judge sees it.
struct Frame {
  EventTime ts;
  Fingerprint uid;
};

// The receiver of the verdicts. During every call judge.state_before() is the state from which a replay gives this
// verdict again.
class VerdictSink {
 public:
  virtual ~VerdictSink() = default;
  virtual void AddCounted(WindowStart window, Fingerprint uid) = 0;
  virtual void AddLate(WindowStart window) = 0;
  virtual void AddFuture(WindowStart window) = 0;
  virtual void AddInvalid(WindowStart window, InvalidReason reason) = 0;
  // Hands over the verdicts that the judge counted before the partition had its first window.
  virtual void AddUnattributed(WindowStart window, const VerdictCounts& waited) = 0;
  // The record at `offset` is future. The judge calls this when it decides so, whether or not there is a window for the
  // verdict yet. A sink overrides it to learn the offset.
  virtual void IsFuture(Offset /*offset*/) {}
  // The record at `offset` is late. A sink overrides it to learn the offset.
  virtual void IsLate(Offset /*offset*/) {}
};

// The bounds of the rule. Tests set small ones to reach the corner cases often.
struct JudgeBounds {
  size_t unconfirmed_frames = limits::kUnconfirmedFrames;
  uint64_t unconfirmed_records = limits::kUnconfirmedRecords;
  int32_t confirmations = limits::kConfirmations;
};

class Judge {
 public:
  // Starts at `start`. `rule` is the rule of this run; the rules of the start state end in it. While the judge restores
  // (restoring()), the caller gives the records from start.state.first_needed() on, and they get no second verdict.
  // `sink` must outlive the judge.
  Judge(const CountingRule& rule, const SafePoint& start, VerdictSink* sink, const JudgeBounds& bounds = {});

  // --- Records, in the order of their offsets ---------------------------------------------------------------
  // Skips the record at `offset` if the judge is restoring and the record is no unconfirmed frame. True: skipped. The
  // caller must then neither decode nor give the record: it may be poison whose decision the judge has forgotten.
  bool PassOver(Offset offset);
  // Whether the record at `offset` must not be decoded. The caller then gives it as invalid, with reason kPoison.
  bool IsPoison(Offset offset) const;
  void JudgeValid(Offset offset, const Frame& frame);
  void JudgeInvalid(Offset offset, InvalidReason reason);
  // The caller has given all records below `position`. Control records fill the remaining offsets, or retention removed
  // those records. Ends restoring and repeats the decisions up to `position`.
  void ReachedEnd(Offset position);

  // --- Decisions -----------------------------------------------------------------------------------------------
  // The partition is idle now. Settles the unconfirmed frames by `wall_clock`, and raises the watermark to
  // passed_frontier + lateness if passed_frontier is set and the sum is higher. Records the decision unless it changed
  // nothing.
  void MarkIdle(EventTime wall_clock, WindowStart passed_frontier);
  // The record at `offset`, which is not judged yet, is poison. False: there is no space for the decision. The caller
  // must not read that record before ForgetDecisionsBelow() has made space.
  bool AddPoison(Offset offset);
  // The caller promises that no replay starts below `offset` again, so the judge drops the decisions below it.
  void ForgetDecisionsBelow(Offset offset);

  // --- State ------------------------------------------------------------------------------------------------
  EventTime watermark() const { return now_.watermark; }
  // The watermark, less the seconds that the rule in force waits longer than the run's rule. The run's rule then never
  // seals a window to which this partition may still add. The workers compare partitions by this value.
  EventTime sealing_watermark() const {
    return now_.watermark.plus(-std::max<int64_t>(0, rule_.lateness_s - run_lateness_s_));
  }
  Offset offset() const { return now_.offset; }
  size_t unconfirmed() const { return unconfirmed_.size(); }
  bool restoring() const { return restoring_; }
  const VerdictCounts& unattributed() const { return unattributed_; }
  const std::vector<Decision>& decisions() const { return decisions_; }
  // True: the caller reads no further until a commit lets ForgetDecisionsBelow() make space. A replay on the way to its
  // last recorded idleness is not stopped.
  bool decisions_full() const { return decisions_.size() >= limits::kMaxDecisions && IdleFull(); }
  bool poison_full() const { return CountDecisions(Decision::Kind::kPoison) >= limits::kMaxPoisonDecisions; }
  // Whether the judge has read nothing since the idleness at offset().
  bool idle_here() const { return now_.idle_here; }

  // The present state.
  JudgeState state() const;
  // The state before the record or decision that is being judged. Valid only inside a call of the sink.
  JudgeState state_before() const;

  // Unconfirmed frames whose bodies the judge did not find when it was restored, because retention had removed them.
  uint64_t lost_unconfirmed() const { return lost_unconfirmed_; }

 private:
  struct UnconfirmedFrame {
    Offset offset;
    Frame frame;
    int32_t score;
    uint64_t record_number;  // records_ when the caller gave it
    bool restored;           // whether its body was read again
  };
  // The part of the state that every record changes and that is cheap to copy. The lists are kept beside it.
  struct Scalars {
    Offset offset;
    bool idle_here = false;
    EventTime watermark = EventTime::Unset();
  };

  void SwitchRules();
  WatermarkRules RulesAt(EventTime watermark) const;
  bool Plausible(EventTime ts) const;
  bool IsLate(WindowStart window) const;
  WindowStart WindowOf(EventTime ts);
  void BeginRecord(Offset offset);
  void EndRecord();
  void RememberBefore();
  void Restore(Offset offset, const Frame* frame);
  void EndRestoring();

  void JudgeAmongUnconfirmed(Offset offset, const Frame& frame);
  void Hold(Offset offset, const Frame& frame);
  void ReleaseUnconfirmed();
  void ExpireUnconfirmed();
  void Accept(Offset offset, const Frame& frame);
  void OldestUnconfirmedIsFuture();
  void Future(Offset offset);
  void SettleUnconfirmed(EventTime limit);
  void HandOverUnattributed(WindowStart window) {
    if (any_unattributed_) HandOverAllUnattributed(window);
  }
  void HandOverAllUnattributed(WindowStart window);

  // Inline, because there is rarely a decision to repeat and the judge asks three times a record.
  void RepeatDecisionsUpTo(Offset offset) {
    if (next_decision_ < decisions_.size()) RepeatDecisions(offset);
  }
  void RepeatDecisions(Offset offset);
  void ApplyIdle(const Decision& decision);
  Decision* IdleHere();
  size_t CountDecisions(Decision::Kind kind) const;
  bool IdleFull() const;

  // Fixed after construction.
  const JudgeBounds bounds_;
  VerdictSink* const sink_;
  const int64_t run_lateness_s_;

  // A copy of what rules_ says now, at hand for every frame. Neither changes while a record or decision is judged.
  CountingRule rule_;
  WatermarkRules rules_;
  bool switched_since_idle_ = false;  // a rule came into force since the last idleness, at whatever offset that was

  // The members of a JudgeState.
  Scalars now_;
  VerdictCounts unattributed_;
  bool any_unattributed_;  // whether unattributed_ is not empty: asked once a record, and twelve numbers to compare
  std::vector<UnconfirmedFrame> unconfirmed_;

  // The same members before the record or decision that is being judged.
  Scalars before_;
  VerdictCounts unattributed_before_;
  std::vector<UnconfirmedRef> unconfirmed_before_;

  WindowStart last_window_{0};  // of WindowOf()

  std::vector<Decision> decisions_;  // by offset; those below next_decision_ are part of the state
  size_t next_decision_ = 0;         // the first that the judge has still to repeat
  uint64_t records_ = 0;             // given so far, restored ones included
  bool restoring_ = false;
  uint64_t lost_unconfirmed_ = 0;
};

}  // namespace headcount
