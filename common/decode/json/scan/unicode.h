// Checks the \u escapes of a frame one by one: four hexadecimal digits each, a surrogate only in a pair. Also says
// whether one of them spells a letter of a root key's name. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstdint>

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

// By byte; -1: no hexadecimal digit. Multiplied and joined with other digits, it keeps the sum below zero.
struct HexDigits {
  constexpr HexDigits() {
    for (int8_t& value : values) value = -1;
    for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
    for (int i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<int8_t>(10 + i);
  }
  int8_t values[256] = {};
};
inline constexpr HexDigits kHex;

template <typename KeysT>
class UnicodeEscapes {
 public:
  // `end`: the frame's end.
  HC_SCAN_INLINE UnicodeEscapes(const char* end, const KeysT& keys) : end_(end), keys_(keys) {}

  // `u`: the u of the next escape in the frame. Its only branch is predictable.
  HC_SCAN_INLINE void Take(const char* u, uint64_t* errors) {
    if (end_ - u <= kDigits) {
      *errors |= 1;
      return;
    }
    const Unit unit = UnitOf(u + 1);
    const bool is_high = unit.value >> 10 == 0xD800 >> 10;
    const bool is_low = unit.value >> 10 == 0xDC00 >> 10;
    // The second half of a pair stands where it is due and nowhere else.
    const auto here = reinterpret_cast<uintptr_t>(u);
    *errors |= low_due_ ^ (here & Everywhere(is_low));
    low_due_ = (here + kEscapeBytes) & Everywhere(is_high);
    *errors |= static_cast<uint64_t>(!unit.is_hex);
    letters_of_names_ |= keys_.HasLetter(unit.value);
  }

  // After the last escape: whether the second half of a pair is still due.
  HC_SCAN_INLINE bool open() const { return low_due_ != 0; }
  // Whether an escape spells a letter of a key's name. Then a string that reads otherwise may be that key.
  HC_SCAN_INLINE bool letters_of_names() const { return letters_of_names_ != 0; }

 private:
  static constexpr int kDigits = 4;
  static constexpr int kEscapeBytes = 6;

  struct Unit {
    uint32_t value;
    bool is_hex;  // if false, the value is meaningless
  };
  HC_SCAN_INLINE static Unit UnitOf(const char* digits) {
    const auto digit = [digits](int i) { return int32_t{kHex.values[static_cast<unsigned char>(digits[i])]}; };
    const int32_t value = digit(0) * 0x1000 | digit(1) * 0x100 | digit(2) * 0x10 | digit(3);
    return {static_cast<uint32_t>(value), value >= 0};
  }

  const char* const end_;
  const KeysT& keys_;
  uintptr_t low_due_ = 0;          // the address of the u that must begin the second half
  uint32_t letters_of_names_ = 0;  // the lowest bit
};

}  // namespace
}  // namespace headcount::scan
