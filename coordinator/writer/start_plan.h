// Decides where a start begins, from the committed offsets and the output topic. Pure; runs in the writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/job/selection.h"
#include "common/judge/judge_state.h"

namespace headcount {

// The committed offset of one input partition under our group.
struct OffsetsInKafka {
  std::optional<Offset> offset;
  std::string metadata;  // empty: not ours, or reset by hand
};

struct StartFacts {
  std::vector<OffsetsInKafka> committed;     // by partition
  std::optional<WindowStart> newest_minute;  // in the output topic
  std::vector<Offset> from;                  // --from, by partition
  CountingRule rule;                         // of this start
  SelectionHash selection;                   // of this start
  EventTime wall_clock;
  // For messages about what to type.
  std::string group;
  std::string input_topic;
  std::string output_topic;
};

struct StartPlan {
  enum class Kind {
    kFresh,      // nothing committed and nothing published: begins at --from
    kContinued,  // every committed partition carries our metadata
    kReset,      // the offsets were set by hand: minutes already published stay as they are
  };
  Kind kind = Kind::kFresh;
  WindowStart closed_frontier;
  std::vector<SafePoint> points;  // by partition
  // The changes since the last start: the last start's rule, if it was another one, and whether time or id come from
  // another field.
  std::optional<WatermarkRule> rule_before;
  bool selection_changed = false;
};

const char* Name(StartPlan::Kind kind);

// An error (kHumanNeeded) says what does not fit together and what to type.
Result<StartPlan> PlanStart(const StartFacts& facts);

// The start of a partition that was added to the topic: it begins at offset 0, and counts nothing before
// `closed_frontier`.
SafePoint NewPartitionStart(WindowStart closed_frontier, EventTime wall_clock, const CountingRule& rule);

}  // namespace headcount
