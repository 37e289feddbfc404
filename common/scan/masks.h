// What a scanner does with masks: a bit for each byte of a block, and what reaches from one block into the next.
// Pure; for common/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headcount::scan {

inline constexpr size_t kBlockBytes = 64;

// Bits from an odd set bit on, up to the next set one, which is left out.
inline uint64_t PrefixXor(uint64_t mask) {
  for (unsigned shift = 1; shift < kBlockBytes; shift *= 2) mask ^= mask << shift;
  return mask;
}

// One bit that travels from block to block.
class Carry {
 public:
  explicit Carry(bool set = false) : bit_(set ? 1 : 0) {}
  uint64_t bit() const { return bit_; }

  // The byte behind each one of `mask`.
  uint64_t Behind(uint64_t mask) {
    const uint64_t behind = mask << 1 | bit_;
    bit_ = mask >> (kBlockBytes - 1);
    return behind;
  }

  // For each byte of `from`, the first byte behind it that is not in `skipped`. The addition does it: a bit at the
  // first skipped byte ripples through the ones and stands behind the last.
  uint64_t FirstBehind(uint64_t from, uint64_t skipped) {
    uint64_t sum = 0;
    const bool ripples_out = __builtin_add_overflow(from << 1 | bit_, skipped, &sum);
    bit_ = from >> (kBlockBytes - 1) | static_cast<uint64_t>(ripples_out);
    return sum & ~skipped;
  }

  // For each byte of `from`, all of which lie in `runs`, the first byte behind its run.
  uint64_t EndOfRun(uint64_t from, uint64_t runs) {
    uint64_t sum = 0;
    bool ripples_out = __builtin_add_overflow(runs, from, &sum);
    ripples_out |= __builtin_add_overflow(sum, bit_, &sum);
    bit_ = static_cast<uint64_t>(ripples_out);
    return sum & ~runs;
  }

 private:
  uint64_t bit_;
};

// A mask of which the next block still asks the end.
class Tail {
 public:
  uint64_t last() const { return last_; }
  // The bytes that stand `bytes` (1 to 4) behind those of `mask`. Keep() comes after all questions.
  uint64_t Behind(uint64_t mask, unsigned bytes) const { return mask << bytes | last_ >> (kBlockBytes - bytes); }
  void Keep(uint64_t mask) { last_ = mask; }

 private:
  uint64_t last_ = 0;
};

}  // namespace headcount::scan
