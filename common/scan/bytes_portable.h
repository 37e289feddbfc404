// Sixty-four bytes of a frame, asked about all at once; the answers are masks, bit n for byte n. In plain C++, for
// any processor and to compare the others with.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "common/scan/masks.h"

namespace headcount::scan {

class PortableBytes {
 public:
  static PortableBytes Load(const char* at) {
    PortableBytes loaded;
    std::memcpy(loaded.bytes_.data(), at, loaded.bytes_.size());
    return loaded;
  }

  uint64_t Equal(char c) const {
    return Where([c](uint8_t byte) { return byte == static_cast<uint8_t>(c); });
  }
  // Letters in either case: `c` is the small one. (Also byte c - 32 where that is no letter: '[' for '{'.)
  uint64_t EqualFolded(char c) const {
    return Where([c](uint8_t byte) { return (byte | 0x20) == static_cast<uint8_t>(c); });
  }
  // Both ends belong to it.
  uint64_t Within(uint8_t first, uint8_t last) const {
    return Where([first, last](uint8_t byte) { return byte >= first && byte <= last; });
  }
  uint64_t WithinFolded(uint8_t first, uint8_t last) const {
    return Where([first, last](uint8_t byte) { return (byte | 0x20) >= first && (byte | 0x20) <= last; });
  }
  // Outside ASCII.
  uint64_t High() const { return Where([](uint8_t byte) { return byte >= 0x80; }); }

  static uint64_t PrefixXor(uint64_t mask) { return scan::PrefixXor(mask); }

 private:
  template <typename Question>
  uint64_t Where(Question question) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < bytes_.size(); ++i) mask |= static_cast<uint64_t>(question(bytes_[i]) ? 1 : 0) << i;
    return mask;
  }

  std::array<uint8_t, 64> bytes_;
};

}  // namespace headcount::scan
