// The whole state of a partition's judge before a given offset (a point), and what the log alone cannot
// tell (moves). Plain values; workers make them, the writer commits them, a replay starts from them.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "common/base/types.h"
#include "common/judge/clock_rules.h"
#include "common/records/verdict.h"

namespace headcount {

// A held frame as a point names it: its body is read again from the log.
struct HeldRef {
  Offset offset;
  int32_t score = 0;

  friend bool operator==(const HeldRef& a, const HeldRef& b) { return a.offset == b.offset && a.score == b.score; }
};

struct Point {
  // The next record to judge has this offset or, where the log has gaps, a greater one.
  Offset offset;
  // Whether the excuse at `offset`, if there is one, is already part of this state.
  bool excused_here = false;
  EventTime watermark = EventTime::Unset();
  // Verdicts that wait for the partition's first window. Never counted or late ones: those have a window.
  VerdictCounts waiting;
  // In the order of their offsets, all below `offset`.
  std::vector<HeldRef> held;
  // By which it was judged up to here, and will be from here on.
  ClockRules rules = {};

  // Where reading must begin to restore this point: the bodies of the held frames are read again.
  Offset first_needed() const { return held.empty() ? offset : held.front().offset; }

  // The order in which a judge passes through its points.
  friend bool Earlier(const Point& a, const Point& b) {
    return std::tie(a.offset, a.excused_here) < std::tie(b.offset, b.excused_here);
  }
  friend bool operator==(const Point& a, const Point& b) {
    return a.offset == b.offset && a.excused_here == b.excused_here && a.watermark == b.watermark &&
           a.waiting == b.waiting && a.held == b.held && a.rules == b.rules;
  }
};

// What changed a judge besides records. Repeated by every replay at the same offset, before the record there.
struct Move {
  enum class Kind : uint8_t {
    // The partition was excused before the record at `offset`: the held frames are settled by the wall
    // clock `clock`, and the watermark is raised to passed_upto + lateness (Unset: not raised).
    kExcuse,
    // The record at `offset` is invalid (poison) and must not be decoded.
    kPoison,
  };
  Offset offset;
  Kind kind = Kind::kExcuse;
  WindowStart passed_upto;
  EventTime clock = EventTime::Unset();

  friend bool operator==(const Move& a, const Move& b) {
    return a.offset == b.offset && a.kind == b.kind && a.passed_upto == b.passed_upto && a.clock == b.clock;
  }
};

// Where a replay of one partition starts, and the moves it repeats: all those at or after point.offset,
// in the order of their offsets.
struct SafePoint {
  Point point;
  std::vector<Move> moves;

  friend bool operator==(const SafePoint& a, const SafePoint& b) { return a.point == b.point && a.moves == b.moves; }
};

}  // namespace headcount
