// A safe point as the text that is committed beside its offset in Kafka, and back.
// Pure; the writer makes the text, writer and workers read it.
//
//   1;run;sequence;closed_upto;window;offset;excused_here;watermark;waiting;held;moves;checksum
//
// Numbers are base 36 (run: 16 hex digits), "-" is an unset time. waiting: nothing, or future and the nine
// invalid reasons, by commas. held: back:score, by commas, back being the distance from the offset. moves:
// e or p and the distance from the offset; e goes on .passed_upto.clock. checksum: XXH32 of all before it,
// 8 hex digits. At most limits::kMaxMetadataBytes, whatever the state: asserted in point_text.cc.
#pragma once

#include <string>
#include <string_view>

#include "common/judge/point.h"
#include "common/result.h"
#include "common/types.h"

namespace headcount {

// What all partitions' texts of one transaction have in common.
struct CommitHeader {
  RunId run;
  Sequence sequence;
  WindowStart closed_upto;  // Unset: nothing closed yet
  int64_t window_s = 0;

  friend bool operator==(const CommitHeader& a, const CommitHeader& b) {
    return a.run == b.run && a.sequence == b.sequence && a.closed_upto == b.closed_upto && a.window_s == b.window_s;
  }
};

struct CommittedPoint {
  CommitHeader header;
  SafePoint safe;
};

std::string ToText(const CommitHeader& header, const SafePoint& safe);

// An error (kHumanNeeded) says what is wrong with the text: another version, damage, a value out of range.
Result<CommittedPoint> ParsePointText(std::string_view text);

}  // namespace headcount
