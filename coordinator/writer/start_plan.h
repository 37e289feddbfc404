// Where a start begins, decided from what Kafka holds. Pure; runs in the writer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/job/selection.h"
#include "common/judge/point.h"

namespace headcount {

// What Kafka holds of one input partition under our group.
struct HeldByKafka {
  std::optional<Offset> offset;
  std::string metadata;  // empty: not ours, or reset by hand
};

struct StartFacts {
  std::vector<HeldByKafka> committed;        // by partition
  std::optional<WindowStart> newest_minute;  // in the output topic
  std::vector<Offset> from;                  // --from, by partition
  CountingRule rule;                         // of this start, as is
  SelectionHash selection;                   // ... this
  EventTime wall_clock;
  // For messages: what to type.
  std::string group;
  std::string input_topic;
  std::string output_topic;
};

struct StartPlan {
  enum class Kind {
    kFresh,      // nothing committed and nothing published: from --from
    kContinued,  // every committed partition carries our metadata
    kReset,      // the offsets were set by hand: minutes already published stay as they are
  };
  Kind kind = Kind::kFresh;
  WindowStart closed_upto;
  std::vector<SafePoint> points;  // by partition
  // Where this start has others than the last: the rule of the last, and whether time or id are chosen otherwise.
  std::optional<ClockRule> rule_before;
  bool selection_changed = false;
};

const char* Name(StartPlan::Kind kind);

// An error (kHumanNeeded) says what does not fit together and what to type.
Result<StartPlan> PlanStart(const StartFacts& facts);

// The start of a partition that was added to the topic: from its beginning, later than what is closed.
SafePoint NewPartitionStart(WindowStart closed_upto, EventTime wall_clock, const CountingRule& rule);

}  // namespace headcount
