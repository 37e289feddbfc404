// Checks UTF-8 by the Unicode Standard's table of well-formed byte sequences (table 3-7). Pure; for
// common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

template <typename Bytes>
class Utf8 {
 public:
  // `found`: space for one entry more than the frame has blocks.
  HC_SCAN_INLINE explicit Utf8(FoundUtf8* found) : found_(found) {}

  // Takes the blocks of a frame. `at`: where the bytes of the block stay readable. It checks nothing yet, because the
  // processor cannot predict whether a block is ASCII.
  HC_SCAN_INLINE void Take(const Bytes& bytes, const char* at) {
    const uint64_t high = bytes.High();
    found_[count_] = {at, previous_};
    count_ += static_cast<size_t>((high | open_) != 0);
    open_ = high >> kLastBit;
    previous_ = at;
  }

  // Call it after the last block, which ends in ASCII.
  HC_SCAN_INLINE void Check(uint64_t* errors) const {
    for (size_t i = 0; i < count_; ++i) {
      *errors |= Bytes::Load(found_[i].block).BadUtf8(Bytes::Load(found_[i].previous));
    }
  }

 private:
  // The block before the first one.
  static constexpr char kAscii[kBlockBytes] = {};

  FoundUtf8* const found_;
  size_t count_ = 0;
  const char* previous_ = kAscii;
  uint64_t open_ = 0;  // not 0: a sequence may or must go on in the next block
};

// BadUtf8() for kernels without tables. Table 3-7 says how many bytes follow a first byte, and which second bytes some
// first bytes do not allow.
template <typename Bytes>
HC_SCAN_INLINE uint64_t BadUtf8ByMasks(const Bytes& previous, const Bytes& bytes) {
  const auto behind = [&](uint64_t before, uint64_t mask, unsigned count) {
    return mask << count | before >> (kBlockBytes - count);
  };
  const auto lead = [](const Bytes& of) { return of.Within(0xC0, 0xFF); };
  const auto lead3 = [](const Bytes& of) { return of.Within(0xE0, 0xFF); };  // of three bytes or four
  const auto lead4 = [](const Bytes& of) { return of.Within(0xF0, 0xFF); };
  const auto second_of = [&](char first) { return behind(previous.Equal(first), bytes.Equal(first), 1); };
  const uint64_t from_a0 = bytes.Within(0xA0, 0xBF);
  const uint64_t from_90 = bytes.Within(0x90, 0xBF);
  const uint64_t follow = bytes.Within(0x80, 0xBF);
  uint64_t errors = bytes.Within(0xC0, 0xC1) | bytes.Within(0xF5, 0xFF);
  errors |= (behind(lead(previous), lead(bytes), 1) | behind(lead3(previous), lead3(bytes), 2) |
             behind(lead4(previous), lead4(bytes), 3)) ^
            follow;
  errors |= second_of('\xE0') & ~from_a0;  // longer than necessary
  errors |= second_of('\xED') & from_a0;   // a surrogate
  errors |= second_of('\xF0') & ~from_90;  // longer than necessary
  errors |= second_of('\xF4') & from_90;   // above U+10FFFF
  return errors;
}

}  // namespace
}  // namespace headcount::scan
