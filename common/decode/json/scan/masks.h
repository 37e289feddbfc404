// The scanner's operations on masks, with one bit for each byte of a block, the lowest for the first byte. Also the
// state that reaches from one block into the next. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// The parts of the scanner are one loop, cut into pieces for the reader. A call between them would cost more than they
// do.
#define HC_SCAN_INLINE [[gnu::always_inline]] inline

namespace headcount::scan {
namespace {

inline constexpr size_t kBlockBytes = 64;
inline constexpr unsigned kLastBit = kBlockBytes - 1;

// All ones, or none.
HC_SCAN_INLINE uint64_t Everywhere(bool set) { return uint64_t{0} - static_cast<uint64_t>(set); }

// Bits from each set bit of odd number up to the next set bit, which is excluded.
HC_SCAN_INLINE uint64_t PrefixXor(uint64_t mask) {
  for (unsigned shift = 1; shift < kBlockBytes; shift *= 2) mask ^= mask << shift;
  return mask;
}

// Extract moves the bits of `mask` at the ones of `places` close together. Deposit moves the lowest bits back to those
// places.
HC_SCAN_INLINE uint64_t ExtractOneByOne(uint64_t mask, uint64_t places) {
  uint64_t dense = 0;
  for (uint64_t bit = 1; places != 0; places &= places - 1, bit <<= 1) {
    dense |= bit & Everywhere((mask & places & (0 - places)) != 0);
  }
  return dense;
}
HC_SCAN_INLINE uint64_t DepositOneByOne(uint64_t dense, uint64_t places) {
  uint64_t mask = 0;
  for (; places != 0; places &= places - 1, dense >>= 1) mask |= places & (0 - places) & Everywhere((dense & 1) != 0);
  return mask;
}

// Four bytes, for comparisons.
HC_SCAN_INLINE uint32_t Word(const char* four) {
  uint32_t word = 0;
  std::memcpy(&word, four, sizeof word);
  return word;
}

// Writes the bytes that `mask` selects close together.
HC_SCAN_INLINE void CompressOneByOne(const char* bytes, uint64_t mask, char* to) {
  for (; mask != 0; mask &= mask - 1) *to++ = bytes[__builtin_ctzll(mask)];
}

// CopyPart() for a kernel that cannot load less than a block.
HC_SCAN_INLINE void CopyPart(const char* at, size_t count, char* to) {
  std::memset(to, ' ', kBlockBytes);
  std::memcpy(to, at, count);
}

// One bit that travels from block to block. Each carry belongs to one question, asked once for each block.
class Carry {
 public:
  HC_SCAN_INLINE explicit Carry(bool set = false) : bit_(set ? 1 : 0) {}
  HC_SCAN_INLINE uint64_t bit() const { return bit_; }

  // The byte after each one of `mask`.
  HC_SCAN_INLINE uint64_t Behind(uint64_t mask) {
    const uint64_t behind = mask << 1 | bit_;
    bit_ = mask >> kLastBit;
    return behind;
  }

  // For each byte of `from`, the first byte after it that is not in `skipped`. The addition moves a bit from the first
  // skipped byte through the ones to the place after the last.
  HC_SCAN_INLINE uint64_t FirstBehind(uint64_t from, uint64_t skipped) {
    uint64_t sum = 0;
    const bool ripples_out = __builtin_add_overflow(from << 1 | bit_, skipped, &sum);
    bit_ = from >> kLastBit | static_cast<uint64_t>(ripples_out);
    return sum & ~skipped;
  }

  // Of the runs in `runs`, those that begin with a one of `first`.
  HC_SCAN_INLINE uint64_t From(uint64_t first, uint64_t runs) {
    uint64_t sum = 0;
    bool ripples_out = __builtin_add_overflow(runs, first, &sum);
    ripples_out |= __builtin_add_overflow(sum, bit_, &sum);
    bit_ = static_cast<uint64_t>(ripples_out);
    return runs & ~sum;
  }

 private:
  uint64_t bit_;
};

// A mask whose end the next block still needs.
class Tail {
 public:
  // The bytes that stand `bytes` (1 to 63) after those of `mask`. Call Keep() after all questions of a block.
  HC_SCAN_INLINE uint64_t Behind(uint64_t mask, unsigned bytes) const {
    return mask << bytes | last_ >> (kBlockBytes - bytes);
  }
  HC_SCAN_INLINE void Keep(uint64_t mask) { last_ = mask; }

 private:
  uint64_t last_ = 0;
};

}  // namespace
}  // namespace headcount::scan
