// Holds sixty-four bytes of a frame and answers a question about all of them at once, with a mask: bit n for byte n.
// For any processor, in the vectors of gcc and clang. Tests compare the other kernels with it. For
// common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/utf8.h"

namespace headcount::scan {
namespace {

class PortableBytes {
 public:
  HC_SCAN_INLINE static PortableBytes Load(const char* at) {
    PortableBytes loaded;
    std::memcpy(&loaded.parts_, at, kBlockBytes);
    return loaded;
  }
  // Writes a block of `count` (1 to 64) bytes and then spaces. Reads only those bytes.
  HC_SCAN_INLINE static void CopyPart(const char* at, size_t count, char* to) { scan::CopyPart(at, count, to); }

  HC_SCAN_INLINE uint64_t Equal(char c) const {
    return Where([c](Vector part) { return part == static_cast<uint8_t>(c); });
  }
  // Letters in either case: `c` is the small one. (It also accepts byte c - 32 if that is no letter: '[' for '{'.)
  HC_SCAN_INLINE uint64_t EqualFolded(char c) const {
    return Where([c](Vector part) { return (part | kFold) == static_cast<uint8_t>(c); });
  }
  // Includes both ends.
  HC_SCAN_INLINE uint64_t Within(uint8_t first, uint8_t last) const {
    return Where([first, last](Vector part) { return (part >= first) & (part <= last); });
  }
  // Bytes outside ASCII.
  HC_SCAN_INLINE uint64_t High() const { return Within(0x80, 0xFF); }
  // Bytes that a string may not hold unescaped.
  HC_SCAN_INLINE uint64_t Controls() const { return Within(0, 0x1F); }
  // Distinguishes '{' and '}' from '[' and ']'.
  HC_SCAN_INLINE uint64_t Bit20() const {
    return Where([](Vector part) { return (part & kFold) != 0; });
  }
  // JSON's white space.
  HC_SCAN_INLINE uint64_t Spaces() const {
    return Where([](Vector part) { return (part == ' ') | (part == '\t') | (part == '\n') | (part == '\r'); });
  }
  // Commas, colons, brackets. (With AVX2 and AVX-512 also two control characters, which are errors anyway.)
  HC_SCAN_INLINE uint64_t Punctuation() const {
    return Where(
        [](Vector part) { return (part == ',') | (part == ':') | ((part | kFold) == '{') | ((part | kFold) == '}'); });
  }
  // The letters that may follow a backslash, except quotes, backslashes and u.
  HC_SCAN_INLINE uint64_t EscapeLetters() const {
    return Where([](Vector part) {
      return (part == 'n') | (part == '/') | (part == 't') | (part == 'r') | (part == 'b') | (part == 'f');
    });
  }
  // The last letters of ts and uid.
  HC_SCAN_INLINE uint64_t LastLetters() const {
    return Where([](Vector part) { return (part == 's') | (part == 'd'); });
  }
  // A bit for each byte that cannot follow the bytes before it, in this block or the previous one.
  HC_SCAN_INLINE uint64_t BadUtf8(const PortableBytes& previous) const { return BadUtf8ByMasks(previous, *this); }

  // Writes the bytes that `mask` selects close together, and any bytes after them, 64 in all.
  HC_SCAN_INLINE void Compress(uint64_t mask, char* to) const {
    char bytes[kBlockBytes];
    std::memcpy(bytes, &parts_, kBlockBytes);
    CompressOneByOne(bytes, mask, to);
  }

  HC_SCAN_INLINE static uint64_t PrefixXor(uint64_t mask) { return scan::PrefixXor(mask); }
  HC_SCAN_INLINE static uint64_t Extract(uint64_t mask, uint64_t places) { return ExtractOneByOne(mask, places); }
  HC_SCAN_INLINE static uint64_t Deposit(uint64_t dense, uint64_t places) { return DepositOneByOne(dense, places); }

 private:
  static constexpr size_t kVectorBytes = 16;
  using Vector = uint8_t __attribute__((vector_size(kVectorBytes)));
  static constexpr uint8_t kFold = 0x20;

  // The question answers with all ones for each byte. Of each eight bytes every byte keeps another single bit, and a
  // product adds the bits up in its highest byte.
  template <typename Question>
  HC_SCAN_INLINE uint64_t Where(Question question) const {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    constexpr uint64_t kOneBitEach = 0x8040'2010'0804'0201;
#else
    constexpr uint64_t kOneBitEach = 0x0102'0408'1020'4080;
#endif
    uint64_t mask = 0;
    for (size_t i = 0; i < kBlockBytes / kVectorBytes; ++i) {
      const auto answer = question(parts_[i]);
      uint64_t words[kVectorBytes / 8];
      std::memcpy(words, &answer, sizeof words);
      mask |= (words[0] & kOneBitEach) * 0x0101'0101'0101'0101 >> 56 << (kVectorBytes * i);
      mask |= (words[1] & kOneBitEach) * 0x0101'0101'0101'0101 >> 56 << (kVectorBytes * i + 8);
    }
    return mask;
  }

  Vector parts_[kBlockBytes / kVectorBytes];
};

}  // namespace
}  // namespace headcount::scan
