#include "coordinator/writer/start_plan.h"

#include <algorithm>

#include "common/judge/point_text.h"
#include "common/reset_advice.h"

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

// The points of the partitions that have none committed: they must be the topic's last ones, which are new.
Result<void> AddNewPartitions(const StartFacts& facts, size_t committed, StartPlan* plan) {
  for (size_t p = 0; p < facts.committed.size(); ++p) {
    if (facts.committed[p].offset.has_value() == (p < committed)) continue;
    return Refuse(Place(facts, std::min(p, committed)) + " has no committed offset though later ones have",
                  "commit one for it, or set all of them with " + ResetAdvice(facts.group, facts.input_topic));
  }
  plan->points.resize(facts.committed.size(), NewPartitionStart(plan->closed_upto, facts.wall_clock));
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
  for (const Offset from : facts.from) plan.points.push_back({{from, false, EventTime::Unset(), {}, {}}, {}});
  return plan;
}

Result<StartPlan> Reset(const StartFacts& facts, size_t committed) {
  StartPlan plan;
  plan.kind = StartPlan::Kind::kReset;
  if (facts.newest_minute) plan.closed_upto = WindowStart(facts.newest_minute->seconds() + facts.window_s);
  for (size_t p = 0; p < committed && facts.committed[p].offset; ++p) {
    plan.points.push_back({{*facts.committed[p].offset, false, EventTime::Unset(), {}, {}}, {}});
  }
  if (Result<void> added = AddNewPartitions(facts, committed, &plan); !added) return added.error();
  return plan;
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
  if (header && header->window_s != facts.window_s) {
    return Refuse(
        "group " + facts.group + " has committed windows of " + std::to_string(header->window_s) + "s, not of " +
            std::to_string(facts.window_s) + "s",
        "start with --window " + std::to_string(header->window_s) + "s, or with another --group and --output-topic");
  }
  if (header) plan.closed_upto = header->closed_upto;
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

SafePoint NewPartitionStart(WindowStart closed_upto, EventTime wall_clock) {
  SafePoint start;
  start.point.offset = Offset(0);
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
