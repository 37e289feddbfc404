// A safe point as the text that is committed beside its offset in Kafka, and back.
// Pure; the writer makes the text, writer and workers read it.
//
//   2;run;sequence;closed_upto;window;selection;offset;excused_here;watermark;rules;waiting;held;moves;checksum
//
// Numbers are base 36 (run: 16 hex digits; selection: 8), "-" is an unset time. rules: lateness.jump or "-", and
// .late_before if that is set; by commas those to come, as from.lateness.jump. waiting: nothing, or by commas n, future
// and the first n invalid reasons, so that programs which know more or fewer of them read each other as long as they
// can. held: back:score, by commas, back being the distance from the next one, or from the offset. moves: e or p and
// the distance from the one before, or from the offset; e goes on .passed_upto.clock. checksum: XXH32 of all before it,
// 8 hex digits. At most limits::kMaxMetadataBytes, whatever the state: asserted in point_text.cc.
//
// Version 1, which is still read, has no selection, no rules and no n, and all its distances are from the offset.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/job/selection.h"
#include "common/judge/point.h"

namespace headcount {

// What all partitions' texts of one transaction have in common.
struct CommitHeader {
  RunId run;
  Sequence sequence;
  WindowStart closed_upto;  // Unset: nothing closed yet
  int64_t window_s = 0;
  std::optional<SelectionHash> selection = {};  // nothing: a text of version 1

  friend bool operator==(const CommitHeader& a, const CommitHeader& b) {
    return a.run == b.run && a.sequence == b.sequence && a.closed_upto == b.closed_upto && a.window_s == b.window_s &&
           a.selection == b.selection;
  }
};

struct CommittedPoint {
  CommitHeader header;
  SafePoint safe;
};

std::string ToText(const CommitHeader& header, const SafePoint& safe);

// An error (kHumanNeeded) says what is wrong with the text: a later version, damage, a value out of range, a reason for
// invalid frames that this program does not know.
Result<CommittedPoint> ParsePointText(std::string_view text);

}  // namespace headcount
