// The FrameDecoder of the workers: common/decode/json/scan/ scans the frame in one pass, and the RapidJSON decoder
// takes the few frames that the scanner leaves. Pure, without an allocation for a frame; one decoder in each worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/limits.h"
#include "common/decode/frame_decoder.h"
#include "common/decode/json/rapidjson_frame_decoder.h"
#include "common/decode/json/scan/scan.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount {

class ScanningFrameDecoder final : public FrameDecoder {
 public:
  // Takes the fastest kernel for this processor, or the given one. Other names than ts and uid cost a little time.
  explicit ScanningFrameDecoder(size_t max_frame_bytes, const FieldNames& names = {},
                                scan::ScanFunction scan = scan::UsableKernels().front().scan);

  bool Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) override;

 private:
  // A value of the root object, in a frame that the scanner has found valid.
  struct Value {
    enum class Kind : uint8_t { kString, kNumber, kOther };
    Kind kind = Kind::kOther;
    std::string_view text;  // of a string, unescaped; or of a number
  };
  std::optional<EventTime> TsAt(const char* at, const char* end);
  Value ReadValue(const char* at, const char* end);
  std::string_view Unescaped(const char* text);

  const size_t max_frame_bytes_;
  const scan::ScanFunction scan_;
  const FieldNames names_;
  const std::optional<scan::Keys> keys_;  // of names_, if they are not "ts" and "uid"
  scan::Workspace workspace_;
  // The text of ts or uid if it has escapes. It keeps no more than either may have.
  std::array<char, limits::kMaxUidBytes + 1 + 3> unescaped_;
  RapidJsonFrameDecoder reference_;
};

}  // namespace headcount
