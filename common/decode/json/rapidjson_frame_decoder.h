// The FrameDecoder that is built on RapidJSON's SAX reader. Pure, no allocation per frame; one a worker.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/decode/frame_decoder.h"

namespace headcount {

class RapidJsonFrameDecoder final : public FrameDecoder {
 public:
  // Keeps a scratch of this size; only as much of it as the longest frame needs is ever touched.
  explicit RapidJsonFrameDecoder(size_t max_frame_bytes, const FieldNames& names = {});
  ~RapidJsonFrameDecoder() override;

  RapidJsonFrameDecoder(const RapidJsonFrameDecoder&) = delete;
  RapidJsonFrameDecoder& operator=(const RapidJsonFrameDecoder&) = delete;

  bool Decode(std::string_view bytes, DecodedFrame* frame, InvalidReason* reason) override;

 private:
  class Parser;  // keeps RapidJSON out of everybody else's translation units

  const size_t max_frame_bytes_;
  const std::unique_ptr<Parser> parser_;
};

}  // namespace headcount
