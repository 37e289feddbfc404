#include "coordinator/writer/start_plan.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/job/reset_advice.h"
#include "common/judge/commit_metadata.h"

namespace headcount {
namespace {

size_t CommittedCount(const StartFacts& facts) {
  return static_cast<size_t>(
      std::count_if(facts.committed.begin(), facts.committed.end(),
                    [](const OffsetsInKafka& unconfirmed) { return unconfirmed.offset.has_value(); }));
}

Error Refuse(const std::string& what, const std::string& advice) {
  return {ExitCode::kHumanNeeded, what + ": " + advice};
}

std::string Place(const StartFacts& facts, size_t p) {
  return "partition " + std::to_string(p) + " of " + facts.input_topic + " (group " + facts.group + ")";
}

WatermarkRule WatermarkRuleOf(const CountingRule& rule) { return {rule.lateness_s, rule.max_jump_s}; }

// The start of a partition of which nothing before `offset` is known.
SafePoint StartText(Offset offset, const CountingRule& rule) {
  SafePoint start;
  start.state.offset = offset;
  start.state.rules.now = WatermarkRuleOf(rule);
  return start;
}

// Adds the points of partitions without a committed offset. They must be the last ones of the topic, which are new.
Result<void> AddNewPartitions(const StartFacts& facts, size_t committed, StartPlan* plan) {
  for (size_t p = 0; p < facts.committed.size(); ++p) {
    if (facts.committed[p].offset.has_value() == (p < committed)) continue;
    return Refuse(Place(facts, std::min(p, committed)) + " has no committed offset though later ones have",
                  "commit one for it, or set all of them with " + ResetAdvice(facts.group, facts.input_topic));
  }
  plan->points.resize(facts.committed.size(), NewPartitionStart(plan->closed_frontier, facts.wall_clock, facts.rule));
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
  for (const Offset from : facts.from) plan.points.push_back(StartText(from, facts.rule));
  return plan;
}

Result<StartPlan> Reset(const StartFacts& facts, size_t committed) {
  StartPlan plan;
  plan.kind = StartPlan::Kind::kReset;
  if (facts.newest_minute) plan.closed_frontier = WindowStart(facts.newest_minute->seconds() + facts.rule.window_s);
  for (size_t p = 0; p < committed && facts.committed[p].offset; ++p) {
    plan.points.push_back(StartText(*facts.committed[p].offset, facts.rule));
  }
  if (Result<void> added = AddNewPartitions(facts, committed, &plan); !added) return added.error();
  return plan;
}

// Whether a replay from this safe point judges only frames of minutes that are not published. No frame from there on
// may count before `closed_frontier`, nor may a recorded decision at that offset. No unconfirmed frame may be left,
// because its bytes would be read again.
bool StartsAfterPublished(const SafePoint& safe, WindowStart closed_frontier) {
  const JudgeState& state = safe.state;
  if (!state.unconfirmed.empty()) return false;
  EventTime watermark = state.watermark;
  for (const Decision& decision : safe.decisions) {
    if (decision.offset != state.offset || !decision.passed_frontier.is_set()) continue;
    watermark = std::max(watermark, decision.passed_frontier.time().plus(state.rules.now.lateness_s));
  }
  WatermarkRules rules = state.rules;
  rules.SwitchBy(watermark);
  return rules.HavePassed(closed_frontier, watermark);
}

// For a start that takes the time or the id of frames from another field than the last one. Published minutes were
// counted with the old fields, so no frame of theirs may be read again with the new ones.
Result<void> ChangeSelection(const StartFacts& facts, const CommitHeader& header, StartPlan* plan) {
  if (!header.selection || *header.selection == facts.selection) return {};
  for (size_t p = 0; p < plan->points.size(); ++p) {
    if (StartsAfterPublished(plan->points[p], plan->closed_frontier)) continue;
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

// The commit metadata has space for this many rule changes, and for one more idleness with each.
bool HasSpaceForChanges(const SafePoint& safe) {
  const auto idle_reasons = std::count_if(safe.decisions.begin(), safe.decisions.end(), [](const Decision& decision) {
    return decision.kind == Decision::Kind::kIdle;
  });
  const size_t to_come = safe.state.rules.to_come.size();
  return to_come <= limits::kMaxRuleChanges &&
         static_cast<size_t>(idle_reasons) + to_come <= limits::kMaxDecisions + limits::kMaxRuleChanges;
}

// For a start with another lateness or jump than the last one: each partition switches to it after its published
// minutes.
Result<void> ChangeRule(const StartFacts& facts, StartPlan* plan) {
  const WatermarkRule wanted = WatermarkRuleOf(facts.rule);
  for (size_t p = 0; p < plan->points.size(); ++p) {
    JudgeState& state = plan->points[p].state;
    if (!state.rules.now.is_set()) state.rules.now = wanted;  // version 1 does not say
    const WatermarkRule last = state.rules.last();
    if (last == wanted) continue;
    plan->rule_before = last;
    state.rules.Change(plan->closed_frontier, wanted, state.watermark);
    if (HasSpaceForChanges(plan->points[p])) continue;
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
    Result<CommitMetadata> read = ParseCommitMetadata(facts.committed[p].metadata);
    if (!read) {
      return Refuse(Place(facts, p) + ": " + read.error().message,
                    "start the headcount that committed it, or set all offsets anew with " +
                        ResetAdvice(facts.group, facts.input_topic));
    }
    if (read->safe.state.offset != *facts.committed[p].offset) {
      return Refuse(Place(facts, p) + " is committed at " + std::to_string(facts.committed[p].offset->value()) +
                        " beside metadata for " + std::to_string(read->safe.state.offset.value()),
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
    plan.closed_frontier = header->closed_frontier;
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

SafePoint NewPartitionStart(WindowStart closed_frontier, EventTime wall_clock, const CountingRule& rule) {
  SafePoint start = StartText(Offset(0), rule);
  if (closed_frontier.is_set())
    start.decisions.push_back({Offset(0), Decision::Kind::kIdle, closed_frontier, wall_clock});
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
