// The whole state of a partition's judge before a given offset, and the decisions that the log alone cannot tell. Plain
// values: the workers make them, the writer commits them, and a replay starts from them.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "common/base/types.h"
#include "common/judge/watermark_rules.h"
#include "common/records/verdict.h"

namespace headcount {

// An unconfirmed frame in a judge state. A replay reads its body from the log again.
struct UnconfirmedRef {
  Offset offset;
  int32_t score = 0;

  friend bool operator==(const UnconfirmedRef& a, const UnconfirmedRef& b) {
    return a.offset == b.offset && a.score == b.score;
  }
};

struct JudgeState {
  // The next record to judge has this offset or, where the log has gaps, a greater one.
  Offset offset;
  // Whether this state already includes the idleness at `offset`, if there is one.
  bool idle_here = false;
  EventTime watermark = EventTime::Unset();
  // Verdicts given before the partition had its first window. Never counted or late ones: those have a window.
  VerdictCounts unattributed;
  // In the order of their offsets, all below `offset`.
  std::vector<UnconfirmedRef> unconfirmed;
  // The rules that judged the records up to `offset` and judge those from there on.
  WatermarkRules rules = {};

  // The offset at which a replay must begin to read, so that it finds the bodies of the unconfirmed frames.
  Offset first_needed() const { return unconfirmed.empty() ? offset : unconfirmed.front().offset; }

  // The order in which a judge passes through its states.
  friend bool Earlier(const JudgeState& a, const JudgeState& b) {
    return std::tie(a.offset, a.idle_here) < std::tie(b.offset, b.idle_here);
  }
  friend bool operator==(const JudgeState& a, const JudgeState& b) {
    return a.offset == b.offset && a.idle_here == b.idle_here && a.watermark == b.watermark &&
           a.unattributed == b.unattributed && a.unconfirmed == b.unconfirmed && a.rules == b.rules;
  }
};

// A recorded decision: what changed a judge besides the records. Every replay repeats it at the same offset, before the
// record there.
struct Decision {
  enum class Kind : uint8_t {
    // The partition was idle before the record at `offset`. The judge settled the unconfirmed frames by the wall clock
    // `clock`, and raised the watermark to passed_frontier + lateness (Unset: did not raise it).
    kIdle,
    // The record at `offset` is invalid because it is poison. No process decodes it.
    kPoison,
  };
  Offset offset;
  Kind kind = Kind::kIdle;
  WindowStart passed_frontier;
  EventTime wall_clock = EventTime::Unset();

  friend bool operator==(const Decision& a, const Decision& b) {
    return a.offset == b.offset && a.kind == b.kind && a.passed_frontier == b.passed_frontier &&
           a.wall_clock == b.wall_clock;
  }
};

// Where a replay of one partition starts, and the decisions it repeats: all at or after state.offset, in the order of
// their offsets.
struct SafePoint {
  JudgeState state;
  std::vector<Decision> decisions;

  friend bool operator==(const SafePoint& a, const SafePoint& b) {
    return a.state == b.state && a.decisions == b.decisions;
  }
};

}  // namespace headcount
