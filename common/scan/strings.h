// Where strings are, and what may stand in them: no control character, only RFC 8259's escapes, no surrogate but in a
// pair. Pure; for common/scan/ only.
#pragma once

#include <cstdint>

#include "common/scan/masks.h"

namespace headcount::scan {
namespace {

struct StringMasks {
  uint64_t inside;  // from an opening quote up to, without, the closing one
  uint64_t opening_quotes;
  uint64_t closing_quotes;
  uint64_t outside;  // neither inside nor a closing quote
};

template <typename Bytes>
class Strings {
 public:
  // `end`: of the frame.
  HC_SCAN_INLINE explicit Strings(const char* end) : end_(end) {}

  // `at`: where the block stands in the frame.
  HC_SCAN_INLINE StringMasks Take(const Bytes& bytes, const char* at, uint64_t* errors) {
    StringMasks masks;
    uint64_t quotes = bytes.Equal('"');
    const uint64_t backslashes = bytes.Equal('\\');
    if ((backslashes | escape_open_) != 0) quotes &= ~TakeEscapes(bytes, backslashes, quotes, at, errors);
    masks.inside = Bytes::PrefixXor(quotes) ^ inside_;
    inside_ = Everywhere(masks.inside >> kLastBit != 0);
    masks.opening_quotes = quotes & masks.inside;
    masks.closing_quotes = quotes & ~masks.inside;
    masks.outside = ~(masks.inside | quotes);
    return masks;
  }

  // After the last block: a string has no end.
  bool open() const { return inside_ != 0; }
  // A letter of "ts" or "uid" is written as an escape: a string that reads otherwise may be one of them.
  bool escaped_letters() const { return escaped_letters_; }

 private:
  // The escaped bytes, those behind a backslash that is not escaped itself: in a run of backslashes the first, the
  // third and so on do it. So all depends on whether a run begins at an even byte.
  HC_SCAN_INLINE uint64_t TakeEscapes(const Bytes& bytes, uint64_t backslashes, uint64_t quotes, const char* at,
                                      uint64_t* errors) {
    constexpr uint64_t kEven = 0x5555'5555'5555'5555;
    const uint64_t running = backslashes & ~behind_escape_.bit();  // an escaped first byte begins no run
    const uint64_t starts = running & ~(running << 1);
    const uint64_t even_runs = running & ~(running + (starts & kEven));
    const uint64_t escaping = (even_runs & kEven) | (running & ~even_runs & ~kEven);
    const uint64_t escaped = behind_escape_.Behind(escaping);

    const uint64_t u = escaped & bytes.Equal('u');
    const uint64_t letters =
        bytes.Equal('n') | bytes.Equal('/') | bytes.Equal('t') | bytes.Equal('r') | bytes.Equal('b') | bytes.Equal('f');
    *errors |= escaped & ~(letters | u | quotes | backslashes);
    const uint64_t first_digits = unicode_.Behind(u, 1);
    const uint64_t third_digits = unicode_.Behind(u, 3);
    const uint64_t digits = first_digits | unicode_.Behind(u, 2) | third_digits | unicode_.Behind(u, 4);
    unicode_.Keep(u);
    *errors |= digits & ~(bytes.Within('0', '9') | bytes.WithinFolded('a', 'f'));
    CheckSurrogates(first_digits & bytes.EqualFolded('d'), at, errors);
    LookForLetters(third_digits & bytes.Within('6', '7'), at);
    escape_open_ = behind_escape_.bit() | u >> (kBlockBytes - 4);
    return escaped;
  }

  // `first_digits`: of \uD.. escapes. A surrogate stands only in a pair: \uD8.. to \uDB.. and then \uDC.. to \uDF...
  HC_SCAN_INLINE void CheckSurrogates(uint64_t first_digits, const char* at, uint64_t* errors) {
    for (; first_digits != 0; first_digits &= first_digits - 1) {
      const char* const digit = at + __builtin_ctzll(first_digits);
      if (!IsPaired(digit)) *errors |= first_digits;
    }
  }

  // `third_digits`: of \u..6. and \u..7. escapes. A letter of "ts" or "uid"?
  HC_SCAN_INLINE void LookForLetters(uint64_t third_digits, const char* at) {
    for (; third_digits != 0; third_digits &= third_digits - 1) {
      const char* const digit = at + __builtin_ctzll(third_digits);
      const char last = digit[1];  // in the frame, at whose end a bracket stands
      const bool known = digit[0] == '6' ? last == '4' || last == '9' : last >= '3' && last <= '5';
      escaped_letters_ |= known && digit[-1] == '0' && digit[-2] == '0';
    }
  }

  HC_SCAN_INLINE bool IsPaired(const char* digit) {
    if (end_ - digit < 4) return false;
    const char second = Folded(digit[1]);
    if (second < '8' || second > 'f') return true;  // a character below the surrogates, or no digit at all
    if (second >= 'c') return digit == low_surrogate_at_;
    if (end_ - digit < 8 || digit[4] != '\\' || digit[5] != 'u' || Folded(digit[6]) != 'd') return false;
    low_surrogate_at_ = digit + 6;
    return Folded(digit[7]) >= 'c';
  }

  HC_SCAN_INLINE static char Folded(char c) { return static_cast<char>(c | 0x20); }

  const char* const end_;
  uint64_t inside_ = 0;  // all ones: the last block ended within a string
  Carry behind_escape_;
  Tail unicode_;
  uint64_t escape_open_ = 0;  // the next block must be looked at though it has no backslash
  const char* low_surrogate_at_ = nullptr;
  bool escaped_letters_ = false;
};

}  // namespace
}  // namespace headcount::scan
