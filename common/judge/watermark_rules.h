// The allowed lateness and the largest jump by which a judge judges a partition, now and from later windows on. Part of
// the judge state. Plain values: the workers change them, the writer commits them, and a start adds to them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/base/types.h"

namespace headcount {

struct WatermarkRule {
  // Seconds. Negative: unknown (a text of version 1, or input files), so the rule of the run holds.
  int64_t lateness_s = -1;
  int64_t max_jump_s = -1;

  bool is_set() const { return lateness_s >= 0; }
  friend bool operator==(const WatermarkRule& a, const WatermarkRule& b) {
    return a.lateness_s == b.lateness_s && a.max_jump_s == b.max_jump_s;
  }
  friend bool operator!=(const WatermarkRule& a, const WatermarkRule& b) { return !(a == b); }
};

// A start with another rule. The rules before it published everything before `from`.
struct RuleChange {
  WindowStart from;
  WatermarkRule rule;

  friend bool operator==(const RuleChange& a, const RuleChange& b) { return a.from == b.from && a.rule == b.rule; }
};

// A replay must find published windows again by the rules that published them. So a change waits until the old rules
// count no frame in a window published before it.
struct WatermarkRules {
  WatermarkRule now;
  // Frames of windows before it are late, however much lateness `now` allows. Unset: only `now` decides.
  WindowStart late_before;
  std::vector<RuleChange> to_come;  // `from` ascending

  // Whether no frame read from here on can be counted in a window before `frontier`.
  bool HavePassed(WindowStart frontier, EventTime watermark) const {
    if (!frontier.is_set() || late_before >= frontier) return true;
    return watermark.is_set() && watermark >= frontier.time().plus(now.lateness_s);
  }
  // The rule that judges the partition after all changes.
  const WatermarkRule& last() const { return to_come.empty() ? now : to_come.back().rule; }

  // Puts every change into force that `watermark` allows. The judge calls it after every record and every decision, so
  // that the moment depends on nothing else.
  void SwitchBy(EventTime watermark) {
    while (!to_come.empty() && HavePassed(to_come.front().from, watermark)) {
      now = to_come.front().rule;
      late_before = std::max(late_before, to_come.front().from);
      to_come.erase(to_come.begin());
    }
  }
  // A start with `rule`, where everything before `closed_frontier` is published. It replaces the last start's change if
  // that still waits for the same windows: that rule judged nothing that is published.
  void Change(WindowStart closed_frontier, const WatermarkRule& rule, EventTime watermark) {
    if (!to_come.empty() && to_come.back().from == closed_frontier) to_come.pop_back();
    if (last() != rule) to_come.push_back({closed_frontier, rule});
    SwitchBy(watermark);
  }

  friend bool operator==(const WatermarkRules& a, const WatermarkRules& b) {
    return a.now == b.now && a.late_before == b.late_before && a.to_come == b.to_come;
  }
};

}  // namespace headcount
