#include "coordinator/writer/start_plan.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/job/reset_advice.h"
#include "common/judge/point_text.h"

namespace headcount {
namespace {

size_t CommittedCount(const StartFacts& facts) {
  return static_cast<size_t>(std::count_if(facts.committed.begin(), facts.committed.end(),
                                           [](const HeldByKafka& held) { return held.offset.has_value(); }));
}

Error Refuse(const std::string& what, const std::string& advice) {
  return {ExitCode::kHumanNeeded, what + ": " + advice};
}

std::string Place(const StartFacts& facts, size_t p) {
  return "partition " + std::to_string(p) + " of " + facts.input_topic + " (group " + facts.group + ")";
}

ClockRule ClockRuleOf(const CountingRule& rule) { return {rule.lateness_s, rule.max_jump_s}; }

// Nothing of the partition is known before `offset`.
SafePoint BareStart(Offset offset, const CountingRule& rule) {
  SafePoint start;
  start.point.offset = offset;
  start.point.rules.now = ClockRuleOf(rule);
  return start;
}

// The points of the partitions that have none committed: they must be the topic's last ones, which are new.
Result<void> AddNewPartitions(const StartFacts& facts, size_t committed, StartPlan* plan) {
  for (size_t p = 0; p < facts.committed.size(); ++p) {
    if (facts.committed[p].offset.has_value() == (p < committed)) continue;
    return Refuse(Place(facts, std::min(p, committed)) + " has no committed offset though later ones have",
                  "commit one for it, or set all of them with " + ResetAdvice(facts.group, facts.input_topic));
  }
  plan->points.resize(facts.committed.size(), NewPartitionStart(plan->closed_upto, facts.wall_clock, facts.rule));
  return {};
}

Result<StartPlan> Fresh(const StartFacts& facts) {
  if (facts.newest_minute) {
    return Refuse("group " + facts.group + " has no committed offsets, though " + facts.output_topic +
                      " holds minutes up to " + std::to_string(facts.newest_minute->seconds()) +
                      " (expired, deleted with the topic, or another group's)",
                  "if they are this job's, say where to go on with " + ResetAdvice(facts.group, facts.input_topic) +
                      " (minutes already published are not published again); if not, choose another --output-topic");
  }
  StartPlan plan;
  for (const Offset from : facts.from) plan.points.push_back(BareStart(from, facts.rule));
  return plan;
}

Result<StartPlan> Reset(const StartFacts& facts, size_t committed) {
  StartPlan plan;
  plan.kind = StartPlan::Kind::kReset;
  if (facts.newest_minute) plan.closed_upto = WindowStart(facts.newest_minute->seconds() + facts.rule.window_s);
  for (size_t p = 0; p < committed && facts.committed[p].offset; ++p) {
    plan.points.push_back(BareStart(*facts.committed[p].offset, facts.rule));
  }
  if (Result<void> added = AddNewPartitions(facts, committed, &plan); !added) return added.error();
  return plan;
}

// Whether reading on from there judges only what no published minute has: nothing from there on is counted before
// `closed_upto`, also by what happened at that place, and no frame waits there whose bytes would be read anew.
bool BeginsBehindWhatIsPublished(const SafePoint& safe, WindowStart closed_upto) {
  const Point& point = safe.point;
  if (!point.held.empty()) return false;
  EventTime watermark = point.watermark;
  for (const Move& move : safe.moves) {
    if (move.offset != point.offset || !move.passed_upto.is_set()) continue;
    watermark = std::max(watermark, move.passed_upto.time().plus(point.rules.now.lateness_s));
  }
  ClockRules rules = point.rules;
  rules.SwitchBy(watermark);
  return rules.HavePassed(closed_upto, watermark);
}

// Time or id of frames are chosen otherwise than at the last start: what is published was counted by the old choice, so
// none of its frames may be read again by the new one.
Result<void> ChangeSelection(const StartFacts& facts, const CommitHeader& header, StartPlan* plan) {
  if (!header.selection || *header.selection == facts.selection) return {};
  for (size_t p = 0; p < plan->points.size(); ++p) {
    if (BeginsBehindWhatIsPublished(plan->points[p], plan->closed_upto)) continue;
    return Refuse("group " + facts.group + " was last run with another --time-field or --id-field (hash " +
                      Name(*header.selection) + ", now " + Name(facts.selection) + "), and frames of " +
                      Place(facts, p) + " that are in published minutes, or wait, would be read again by the new ones",
                  "start with the old ones; or once with the old ones and --until-end --publish-open, so that nothing "
                  "stays open, and "
                  "then with the new; or with another --group and --output-topic");
  }
  plan->selection_changed = true;
  return {};
}

// A text has room for so many, and for one excuse more with each.
bool HasRoomForChanges(const SafePoint& safe) {
  const auto excuses = std::count_if(safe.moves.begin(), safe.moves.end(),
                                     [](const Move& move) { return move.kind == Move::Kind::kExcuse; });
  const size_t to_come = safe.point.rules.to_come.size();
  return to_come <= limits::kMaxRuleChanges &&
         static_cast<size_t>(excuses) + to_come <= limits::kMaxMoves + limits::kMaxRuleChanges;
}

// Another lateness or jump than at the last start: each partition comes to it behind what is published.
Result<void> ChangeRule(const StartFacts& facts, StartPlan* plan) {
  const ClockRule wanted = ClockRuleOf(facts.rule);
  for (size_t p = 0; p < plan->points.size(); ++p) {
    Point& point = plan->points[p].point;
    if (!point.rules.now.is_set()) point.rules.now = wanted;  // version 1 does not say
    const ClockRule last = point.rules.last();
    if (last == wanted) continue;
    plan->rule_before = last;
    point.rules.Change(plan->closed_upto, wanted, point.watermark);
    if (HasRoomForChanges(plan->points[p])) continue;
    return Refuse("group " + facts.group +
                      " was started with another --allowed-lateness or --max-jump too often while " +
                      "the same minutes of " + Place(facts, p) + " were open",
                  "start with those of the last run, --allowed-lateness " + FormatDurationMs(last.lateness_s * 1000) +
                      " --max-jump " + FormatDurationMs(last.max_jump_s * 1000) +
                      ", and change them once later minutes are published; or take another --group and --output-topic");
  }
  return {};
}

Result<StartPlan> Continued(const StartFacts& facts, size_t committed) {
  StartPlan plan;
  plan.kind = StartPlan::Kind::kContinued;
  std::optional<CommitHeader> header;
  for (size_t p = 0; p < committed && facts.committed[p].offset; ++p) {
    Result<CommittedPoint> read = ParsePointText(facts.committed[p].metadata);
    if (!read) {
      return Refuse(Place(facts, p) + ": " + read.error().message,
                    "start the headcount that committed it, or set all offsets anew with " +
                        ResetAdvice(facts.group, facts.input_topic));
    }
    if (read->safe.point.offset != *facts.committed[p].offset) {
      return Refuse(Place(facts, p) + " is committed at " + std::to_string(facts.committed[p].offset->value()) +
                        " beside metadata for " + std::to_string(read->safe.point.offset.value()),
                    "set all offsets anew with " + ResetAdvice(facts.group, facts.input_topic));
    }
    if (header && !(*header == read->header)) {
      return Refuse(Place(facts, p) + " was committed by another transaction than the partitions before it",
                    "set all offsets anew with " + ResetAdvice(facts.group, facts.input_topic));
    }
    header = read->header;
    plan.points.push_back(std::move(read->safe));
  }
  if (header && header->window_s != facts.rule.window_s) {
    return Refuse(
        "group " + facts.group + " has committed windows of " + std::to_string(header->window_s) + "s, not of " +
            std::to_string(facts.rule.window_s) + "s",
        "start with --window " + std::to_string(header->window_s) + "s, or with another --group and --output-topic");
  }
  if (header) {
    plan.closed_upto = header->closed_upto;
    if (Result<void> changed = ChangeSelection(facts, *header, &plan); !changed) return changed.error();
    if (Result<void> changed = ChangeRule(facts, &plan); !changed) return changed.error();
  }
  if (Result<void> added = AddNewPartitions(facts, committed, &plan); !added) return added.error();
  return plan;
}

}  // namespace

const char* Name(StartPlan::Kind kind) {
  switch (kind) {
    case StartPlan::Kind::kFresh: return "fresh";
    case StartPlan::Kind::kContinued: return "continued";
    case StartPlan::Kind::kReset: return "reset_by_hand";
  }
  return "?";
}

SafePoint NewPartitionStart(WindowStart closed_upto, EventTime wall_clock, const CountingRule& rule) {
  SafePoint start = BareStart(Offset(0), rule);
  if (closed_upto.is_set()) start.moves.push_back({Offset(0), Move::Kind::kExcuse, closed_upto, wall_clock});
  return start;
}

Result<StartPlan> PlanStart(const StartFacts& facts) {
  const size_t committed = CommittedCount(facts);
  if (committed == 0) return Fresh(facts);
  size_t bare = 0;
  size_t first_bare = facts.committed.size();
  for (size_t p = facts.committed.size(); p-- > 0;) {
    if (!facts.committed[p].offset || !facts.committed[p].metadata.empty()) continue;
    ++bare;
    first_bare = p;
  }
  if (bare == 0) return Continued(facts, committed);
  if (bare == committed) return Reset(facts, committed);
  return Refuse(Place(facts, first_bare) + " has an offset without headcount's metadata, but other partitions have it" +
                    " (one was reset, or somebody else commits under this group)",
                "set all of them with " + ResetAdvice(facts.group, facts.input_topic));
}

}  // namespace headcount
