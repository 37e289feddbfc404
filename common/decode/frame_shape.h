// What stands in a record that cannot be counted, in words, so that a person sees at once whether gzip, another unit of
// time or another field is the matter. Kinds, lengths, what a text looks like, and the names of root keys; never a
// value. Pure, bounded, and made for hostile bytes. Not for every frame: workers ask for the first of a partition or of
// a reason.
#pragma once

#include <string>
#include <string_view>

#include "common/decode/frame_decoder.h"
#include "common/records/verdict.h"

namespace headcount {

struct FrameShape {
  std::string what;    // "ts is a string of 24 characters that looks like ISO 8601"
  std::string keys;    // "ts, uid, and 2 more"; empty: it is no object, or has none
  std::string advice;  // what to type, or what the producer should write; empty: nothing is known to help
};

enum class FrameInput { kFile, kTopic };

// Of a record that is invalid for this reason. No value (kNoValue): `bytes` are empty.
FrameShape ShapeOf(std::string_view bytes, InvalidReason reason, const FieldNames& names, FrameInput input);
// In one sentence or two, at most limits::kShapeTextBytes with `place` before it.
std::string ShapeText(const std::string& place, const FrameShape& shape);

}  // namespace headcount
