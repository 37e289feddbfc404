// The counting rule for one partition: gives every record its verdict, and that verdict its window.
// Pure: no I/O, no clock of its own, no knowledge of other partitions. Runs in the workers.
//
// The same records and the same moves always give the same verdicts in the same windows, from whatever
// point of the log the judge starts: that is what every recovery rests on. common/judge/README.md tells
// the rule in words.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/types.h"
#include "common/judge/point.h"
#include "common/records/verdict.h"
#include "common/sets/fingerprint.h"

namespace headcount {

// A valid frame, as the judge sees it.
struct Frame {
  EventTime ts;
  Fingerprint uid;
};

// Where verdicts go. During every call judge.point_before() is where a replay must start to see this
// verdict given again.
class VerdictSink {
 public:
  virtual ~VerdictSink() = default;
  virtual void AddCounted(WindowStart window, Fingerprint uid) = 0;
  virtual void AddLate(WindowStart window) = 0;
  virtual void AddFuture(WindowStart window) = 0;
  virtual void AddInvalid(WindowStart window, InvalidReason reason) = 0;
  // Verdicts that waited for the partition's first window.
  virtual void AddWaited(WindowStart window, const VerdictCounts& waited) = 0;
  // The record at `offset` is future, whether that is added to a window at once or waits for one. For who wants to
  // know which it was.
  virtual void IsFuture(Offset /*offset*/) {}
  // Likewise of a late one.
  virtual void IsLate(Offset /*offset*/) {}
};

// The bounds of the rule; tests use small ones to reach the corners often.
struct JudgeBounds {
  size_t held_frames = limits::kHeldFrames;
  uint64_t held_records = limits::kHeldRecords;
  int32_t confirmations = limits::kConfirmations;
};

class Judge {
 public:
  // Starts at `start`; `rule` is that of the run, which the rules of the point come to in the end. While held frames
  // are to be read again (restoring()), records from start.point.first_needed() on must be given; they get no second
  // verdict. `sink` must outlive the judge.
  Judge(const CountingRule& rule, const SafePoint& start, VerdictSink* sink, const JudgeBounds& bounds = {});

  // --- Records, in the order of their offsets ---------------------------------------------------------------
  // While restoring: passes over the record at `offset` unless it is a held one. Answers whether it did; then the
  // record must be neither decoded nor given: it may be poison whose move lies before every point by now.
  bool PassOver(Offset offset);
  // Whether the record at `offset` must not be decoded; the caller then gives it as invalid, kPoison.
  bool IsPoison(Offset offset) const;
  void JudgeValid(Offset offset, const Frame& frame);
  void JudgeInvalid(Offset offset, InvalidReason reason);
  // All records below `position` have been given: control records, or what has left the log, fill the rest. Ends
  // restoring, and repeats the moves up to there.
  void ReachedEnd(Offset position);

  // --- Moves ------------------------------------------------------------------------------------------------
  // The partition is excused now: settles the held frames by `wall_clock`, and raises the watermark to
  // passed_upto + lateness if that is set and higher. Remembers it as a move unless it changed nothing.
  void Excuse(EventTime wall_clock, WindowStart passed_upto);
  // The record at `offset`, which has not been judged yet, is poison. False: there is no room for its move yet. Then
  // it must not be met before ForgetMovesBelow() has made some.
  bool AddPoison(Offset offset);
  // Moves below `offset` are needed no more: no replay starts there again.
  void ForgetMovesBelow(Offset offset);

  // --- State ------------------------------------------------------------------------------------------------
  EventTime watermark() const { return now_.watermark; }
  // The watermark less what an older rule waits longer than the run's: the run's rule never seals by it what this
  // partition may still add to. By this the partitions' clocks are compared.
  EventTime sealing_clock() const {
    return now_.watermark.plus(-std::max<int64_t>(0, rule_.lateness_s - run_lateness_s_));
  }
  Offset offset() const { return now_.offset; }
  size_t held() const { return held_.size(); }
  bool restoring() const { return restoring_; }
  const VerdictCounts& waiting() const { return waiting_; }
  const std::vector<Move>& moves() const { return moves_; }
  // Full: read no further until a commit has let ForgetMovesBelow() make room. A replay is not stopped on the
  // way to its last excuse.
  bool moves_full() const { return moves_.size() >= limits::kMaxMoves && ExcusesFull(); }
  bool poison_full() const { return CountMoves(Move::Kind::kPoison) >= limits::kMaxPoisonMoves; }
  // The present state is that of an excuse at offset(): nothing has been read since.
  bool excused_here() const { return now_.excused_here; }

  // The present state.
  Point point() const;
  // The state before the record or move that is being judged; only inside a call of the sink.
  Point point_before() const;

  // Frames whose bodies were gone when the judge was restored (retention took them).
  uint64_t lost_held() const { return lost_held_; }

 private:
  struct HeldFrame {
    Offset offset;
    Frame frame;
    int32_t score;
    uint64_t record_number;  // records_ when it was given
    bool restored;           // its body has been read (again)
  };
  // What changes with every record and is cheap to copy; the lists are remembered beside it.
  struct Scalars {
    Offset offset;
    bool excused_here = false;
    EventTime watermark = EventTime::Unset();
  };

  void SwitchRules();
  ClockRules RulesAt(EventTime watermark) const;
  bool Plausible(EventTime ts) const;
  bool IsLate(WindowStart window) const;
  WindowStart WindowOf(EventTime ts);
  void BeginRecord(Offset offset);
  void EndRecord();
  void RememberBefore();
  void Restore(Offset offset, const Frame* frame);
  void EndRestoring();

  void JudgeAmongHeld(Offset offset, const Frame& frame);
  void Hold(Offset offset, const Frame& frame);
  void ReleaseHeld();
  void ExpireHeld();
  void Accept(Offset offset, const Frame& frame);
  void OldestHeldIsFuture();
  void Future(Offset offset);
  void SettleHeld(EventTime limit);
  void HandOverWaiting(WindowStart window) {
    if (any_waiting_) HandOverAllWaiting(window);
  }
  void HandOverAllWaiting(WindowStart window);

  // There is hardly ever one, and it is asked thrice a record.
  void RepeatMovesUpTo(Offset offset) {
    if (next_move_ < moves_.size()) RepeatMoves(offset);
  }
  void RepeatMoves(Offset offset);
  void ApplyExcuse(const Move& move);
  Move* ExcuseHere();
  size_t CountMoves(Move::Kind kind) const;
  bool ExcusesFull() const;

  // Fixed after construction.
  const JudgeBounds bounds_;
  VerdictSink* const sink_;
  const int64_t run_lateness_s_;

  // As rules_ has it now, at hand for every frame. Neither changes while a record or move is being judged.
  CountingRule rule_;
  ClockRules rules_;
  bool switched_since_excuse_ = false;  // a rule came into force since the last excuse, wherever that was

  // The state that a point holds.
  Scalars now_;
  VerdictCounts waiting_;
  bool any_waiting_;  // whether waiting_ is not empty: asked once a record, and it is twelve numbers
  std::vector<HeldFrame> held_;

  // The same before the record or move being judged.
  Scalars before_;
  VerdictCounts waiting_before_;
  std::vector<HeldRef> held_before_;

  WindowStart last_window_{0};  // of WindowOf()

  std::vector<Move> moves_;  // by offset; those below next_move_ are part of the state
  size_t next_move_ = 0;     // the first that is still to be repeated
  uint64_t records_ = 0;     // given so far, restored ones included
  bool restoring_ = false;
  uint64_t lost_held_ = 0;
};

}  // namespace headcount
