// The outline of a frame: its bytes outside strings, close together, without spaces, and each string as its opening
// quote alone. The outline of {"uid":"u1", "n":[1, true]} is {":"",":[1,true]}. The grammar check needs to skip nothing
// in it, and it is a third of the frame or less. It keeps one space after a number or literal: `1 2` is not `12`. Pure;
// for common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

class Outline {
 public:
  // `bytes`: Buffers::outline.
  HC_SCAN_INLINE explicit Outline(char* bytes) : bytes_(bytes) {}

  // Appends the bytes of a block that `mask` selects.
  template <typename Bytes>
  HC_SCAN_INLINE void Append(const Bytes& bytes, uint64_t mask) {
    bytes.Compress(mask, bytes_ + size_);
    size_ += static_cast<size_t>(__builtin_popcountll(mask));
  }

  // Call it after the last block: appends spaces to the end of a block.
  HC_SCAN_INLINE void Finish() { std::memset(bytes_ + size_, ' ', kBlockBytes); }

  HC_SCAN_INLINE const char* bytes() const { return bytes_; }
  HC_SCAN_INLINE size_t size() const { return size_; }

 private:
  char* const bytes_;
  size_t size_ = 0;
};

}  // namespace
}  // namespace headcount::scan
