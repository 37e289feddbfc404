// Turns a safe point into the text that the writer commits beside its offset in Kafka, and back. Pure. The writer makes
// the text; the writer and the workers read it.
//
//   2;run;sequence;closed_frontier;window;selection;
//   offset;idle_here;watermark;rules;unattributed;unconfirmed;decisions;checksum        (one line)
//
// Numbers are in base 36, but for the run (16 hex digits) and the selection (8). "-" is an unset time.
// - rules: lateness.jump or "-", then .late_before if that is set, then each change to come as ,from.lateness.jump.
// - unattributed: nothing, or n,future and the first n invalid reasons, by commas. So programs that know more or fewer
//   reasons read each other's texts as long as they can.
// - unconfirmed: back:score, by commas. back is the distance to the next unconfirmed frame, or from the last one to
//   the offset.
// - decisions: e (idle) or p (poison) and the distance from the decision before, or from the offset, by commas. An e
//   goes on with .passed_frontier.clock.
// - checksum: XXH32 of everything before it, as 8 hex digits.
// The text has at most limits::kMaxMetadataBytes, whatever the state; commit_metadata.cc asserts this.
//
// Version 1, which this program still reads, has no selection, no rules and no n. All its distances are from the
// offset.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/job/selection.h"
#include "common/judge/judge_state.h"

namespace headcount {

// What the texts of all partitions of one transaction have in common.
struct CommitHeader {
  RunId run;
  Sequence sequence;
  WindowStart closed_frontier;  // Unset: no window is closed yet
  int64_t window_s = 0;
  std::optional<SelectionHash> selection = {};  // nullopt: a text of version 1

  friend bool operator==(const CommitHeader& a, const CommitHeader& b) {
    return a.run == b.run && a.sequence == b.sequence && a.closed_frontier == b.closed_frontier &&
           a.window_s == b.window_s && a.selection == b.selection;
  }
};

struct CommitMetadata {
  CommitHeader header;
  SafePoint safe;
};

std::string ToText(const CommitHeader& header, const SafePoint& safe);

// The error (kHumanNeeded) says what is wrong: a later version, damage, a value out of range, or an unknown invalid
// reason.
Result<CommitMetadata> ParseCommitMetadata(std::string_view text);

}  // namespace headcount
