// By which allowed lateness and which jump a partition is judged: now, and from where on by others. Part of the state
// of its judge. Plain values; workers change them, the writer commits them, a start adds to them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/types.h"

namespace headcount {

struct ClockRule {
  // Negative: not said (a text of version 1, or files), so that of the run.
  int64_t lateness_s = -1;
  int64_t max_jump_s = -1;

  bool is_set() const { return lateness_s >= 0; }
  friend bool operator==(const ClockRule& a, const ClockRule& b) {
    return a.lateness_s == b.lateness_s && a.max_jump_s == b.max_jump_s;
  }
  friend bool operator!=(const ClockRule& a, const ClockRule& b) { return !(a == b); }
};

// A start with another rule, while everything before `from` was published by the rules before it.
struct RuleChange {
  WindowStart from;
  ClockRule rule;

  friend bool operator==(const RuleChange& a, const RuleChange& b) { return a.from == b.from && a.rule == b.rule; }
};

// What is published must be found again by the rules that it was published by. So a change waits until the partition
// has passed all that was published before it, judged by those: from there on no frame can be counted in it.
struct ClockRules {
  ClockRule now;
  // Frames of windows before it are late, however much lateness `now` allows. Unset: `now` says it all.
  WindowStart late_before;
  std::vector<RuleChange> to_come;  // `from` ascending

  // Whether no frame read from here on can be counted in a window before `upto`.
  bool HavePassed(WindowStart upto, EventTime watermark) const {
    if (!upto.is_set() || late_before >= upto) return true;
    return watermark.is_set() && watermark >= upto.time().plus(now.lateness_s);
  }
  // What the partition will be judged by at last.
  const ClockRule& last() const { return to_come.empty() ? now : to_come.back().rule; }

  // Lets in what has waited for this watermark. After every record and every move, so that it depends on nothing else.
  void SwitchBy(EventTime watermark) {
    while (!to_come.empty() && HavePassed(to_come.front().from, watermark)) {
      now = to_come.front().rule;
      late_before = std::max(late_before, to_come.front().from);
      to_come.erase(to_come.begin());
    }
  }
  // A start with `rule`; everything before `closed_upto` is published. The last start's rule, if it still waits for the
  // same windows, has judged nothing that is published, and is forgotten.
  void Change(WindowStart closed_upto, const ClockRule& rule, EventTime watermark) {
    if (!to_come.empty() && to_come.back().from == closed_upto) to_come.pop_back();
    if (last() != rule) to_come.push_back({closed_upto, rule});
    SwitchBy(watermark);
  }

  friend bool operator==(const ClockRules& a, const ClockRules& b) {
    return a.now == b.now && a.late_before == b.late_before && a.to_come == b.to_come;
  }
};

}  // namespace headcount
