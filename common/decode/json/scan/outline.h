// The outline of a frame: its bytes outside strings, close together, each string as its opening quote alone, spaces
// left out. Of {"uid":"u1", "n":[1, true]} it is {":"",":[1,true]}. What may follow what is seen in it without looking
// past anything, and it is a third of the frame or less. One space is kept behind a number or literal: `1 2` is not
// `12`. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

class Outline {
 public:
  // `bytes`: as Buffers::outline.
  HC_SCAN_INLINE explicit Outline(char* bytes) : bytes_(bytes) {}

  // Those bytes of that block.
  template <typename Bytes>
  HC_SCAN_INLINE void Append(const Bytes& bytes, uint64_t mask) {
    bytes.Compress(mask, bytes_ + size_);
    size_ += static_cast<size_t>(__builtin_popcountll(mask));
  }

  // After the last block: spaces behind it, to the end of a block.
  HC_SCAN_INLINE void Finish() { std::memset(bytes_ + size_, ' ', kBlockBytes); }

  HC_SCAN_INLINE const char* bytes() const { return bytes_; }
  HC_SCAN_INLINE size_t size() const { return size_; }

 private:
  char* const bytes_;
  size_t size_ = 0;
};

}  // namespace
}  // namespace headcount::scan
