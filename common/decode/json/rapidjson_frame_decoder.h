// The reference decoder: a FrameDecoder on RapidJSON's SAX reader. Pure, without an allocation for a frame; runs in the
// workers, one decoder in each.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/decode/frame_decoder.h"

namespace headcount {

class RapidJsonFrameDecoder final : public FrameDecoder {
 public:
  // Keeps a scratch of this size. A process touches only as much of it as its longest frame needs.
  explicit RapidJsonFrameDecoder(size_t max_frame_bytes, const FieldNames& names = {});
  ~RapidJsonFrameDecoder() override;

  RapidJsonFrameDecoder(const RapidJsonFrameDecoder&) = delete;
  RapidJsonFrameDecoder& operator=(const RapidJsonFrameDecoder&) = delete;

  bool Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) override;

 private:
  class Parser;  // keeps RapidJSON out of other translation units

  const size_t max_frame_bytes_;
  const std::unique_ptr<Parser> parser_;
};

}  // namespace headcount
