// The FrameDecoder that workers use: one pass over the frame by common/scan/, and the RapidJSON decoder for the few
// frames that the scanner does not handle itself. Pure, no allocation and no copy of the frame; one a worker.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/frame_decoder.h"
#include "common/rapidjson_frame_decoder.h"
#include "common/scan/scan.h"

namespace headcount {

class ScanningFrameDecoder final : public FrameDecoder {
 public:
  // With the fastest scan of this processor, or with that one.
  explicit ScanningFrameDecoder(size_t max_frame_bytes, scan::ScanFunction scan = scan::UsableScans().front().scan);

  bool Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) override;

 private:
  const size_t max_frame_bytes_;
  const scan::ScanFunction scan_;
  RapidJsonFrameDecoder reference_;
};

}  // namespace headcount
