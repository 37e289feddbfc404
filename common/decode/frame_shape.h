// Describes in words a record that cannot be counted, so that a user sees at once the reason: gzip, another unit of
// time, another field. It names kinds, lengths, the look of a text, and root keys, but never a value. Pure, bounded,
// and made for hostile bytes. Runs in the workers, which ask only for the first frame of a partition or of a reason.
#pragma once

#include <string>
#include <string_view>

#include "common/decode/frame_decoder.h"
#include "common/records/verdict.h"

namespace headcount {

struct FrameShape {
  std::string what;    // "ts is a string of 24 characters that looks like ISO 8601"
  std::string keys;    // "ts, uid, and 2 more"; empty: not an object, or no keys
  std::string advice;  // what the user types, or the producer should write; empty: no known help
};

enum class FrameInput { kFile, kTopic };

// Describes a record that is invalid for this reason. For kNoValue `bytes` are empty.
FrameShape ShapeOf(std::string_view bytes, InvalidReason reason, const FieldNames& names, FrameInput input);
// One or two sentences that begin with `place`, at most limits::kShapeTextBytes in all.
std::string ShapeText(const std::string& place, const FrameShape& shape);

}  // namespace headcount
