// The seam between bytes and the counting rule: what every decoder of frames must answer. Pure, without an allocation
// for a frame; runs in the workers.
//
// A frame is RFC 8259 JSON in valid UTF-8: white space around exactly one root object, at most 512 containers deep. It
// has no BOM and no unpaired surrogate escape, and is not longer than the limit given at construction.
// Of the root object's own keys, compared after unescaping, the last "ts" and the last "uid" count. FieldNames may give
// the two keys other names.
//   ts   a number (with fraction or exponent: as an IEEE double, floored) or a string of 1 to 20 digits;
//        0 <= ts < 1e14; from 1e11 on it is milliseconds. The decoder answers in whole seconds.
//   uid  a string of 1 to 256 bytes after unescaping, or an integer without fraction and exponent, whose text
//        is the id: 123 and "123" are one user. (The 256 bytes bound both.)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/types.h"
#include "common/records/verdict.h"

namespace headcount {

// The names of the two keys: printable ASCII without quotes, slashes and backslashes, 1 to limits::kMaxFieldNameBytes
// bytes, two different names.
struct FieldNames {
  std::string time = "ts";
  std::string id = "uid";
};

struct DecodedFrame {
  EventTime ts;
  std::string_view uid;  // valid until the next Decode() of the same decoder, and while the frame's bytes are
};

class FrameDecoder {
 public:
  virtual ~FrameDecoder() = default;

  // True: the decoder has filled `frame`. False: it has filled `reason` (kTooLarge, kNotJson, kNotObject, kNoTs,
  // kBadTs, kNoUid or kBadUid: the first that holds in the order of InvalidReason). `bytes` may hold anything; a
  // decoder reads none past their end.
  virtual bool Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) = 0;
};

}  // namespace headcount
