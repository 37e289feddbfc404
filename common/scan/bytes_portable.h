// Sixty-four bytes of a frame, asked about all at once; the answers are masks, bit n for byte n. In plain C++, for
// any processor and to compare the others with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/scan/masks.h"
#include "common/scan/utf8.h"

namespace headcount::scan {
namespace {

class PortableBytes {
 public:
  HC_SCAN_INLINE static PortableBytes Load(const char* at) { return LoadPart(at, kBlockBytes); }
  HC_SCAN_INLINE static PortableBytes Spaces64() {
    PortableBytes spaces;
    std::memset(spaces.bytes_, ' ', kBlockBytes);
    return spaces;
  }
  // The first `count` (1 to 64) of them, and spaces behind them. No byte behind those is read.
  HC_SCAN_INLINE static PortableBytes LoadPart(const char* at, size_t count) {
    PortableBytes loaded;
    std::memset(loaded.bytes_, ' ', kBlockBytes);
    std::memcpy(loaded.bytes_, at, count);
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
  uint64_t High() const {
    return Where([](uint8_t byte) { return byte >= 0x80; });
  }
  // What a string may not hold unescaped.
  uint64_t Controls() const {
    return Where([](uint8_t byte) { return byte < 0x20; });
  }
  // It tells '{' and '}' from '[' and ']'.
  uint64_t Bit20() const {
    return Where([](uint8_t byte) { return (byte & 0x20) != 0; });
  }

  // JSON's white space.
  uint64_t Spaces() const {
    return Where([](uint8_t byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; });
  }
  // Commas, colons, brackets. (Also two control characters, which are errors anyway.)
  uint64_t Punctuation() const { return Equal(',') | Equal(':') | EqualFolded('{') | EqualFolded('}'); }

  // Writes the bytes of `mask` close together, and anything behind them, 64 in all.
  uint64_t LastLetters() const { return Equal('s') | Equal('d'); }
  // A bit for each byte that cannot follow what is before it, in this block or the previous one.
  HC_SCAN_INLINE uint64_t BadUtf8(const PortableBytes& previous) const { return BadUtf8ByMasks(previous, *this); }
  void Compress(uint64_t mask, char* to) const { CompressOneByOne(reinterpret_cast<const char*>(bytes_), mask, to); }

  HC_SCAN_INLINE static uint64_t PrefixXor(uint64_t mask) { return scan::PrefixXor(mask); }

 private:
  template <typename Question>
  uint64_t Where(Question question) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < kBlockBytes; ++i) mask |= static_cast<uint64_t>(question(bytes_[i]) ? 1 : 0) << i;
    return mask;
  }

  uint8_t bytes_[kBlockBytes];
};

}  // namespace
}  // namespace headcount::scan
