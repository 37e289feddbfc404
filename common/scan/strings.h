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

  // After the last block: a string or an escape has no end, or a surrogate no partner.
  bool open() const { return inside_ != 0 || escape_open_ != 0; }
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
    escape_open_ = behind_escape_.bit() | TakeUnicode(bytes, u, at, errors);
    return escaped;
  }

  // `u`: of \u escapes, behind each of which stand four digits. The answer: not zero where one goes on in the
  // next block.
  HC_SCAN_INLINE uint64_t TakeUnicode(const Bytes& bytes, uint64_t u, const char* at, uint64_t* errors) {
    const uint64_t first = unicode_.Behind(u, 1);
    const uint64_t second = unicode_.Behind(u, 2);
    const uint64_t third = unicode_.Behind(u, 3);
    const uint64_t fourth = unicode_.Behind(u, 4);
    unicode_.Keep(u);
    const uint64_t decimals = bytes.Within('0', '9');
    *errors |= (first | second | third | fourth) & ~(decimals | bytes.WithinFolded('a', 'f'));
    // A surrogate stands only in a pair: \uD8.. to \uDB.. and then, six bytes behind, \uDC.. to \uDF...
    const uint64_t behind_d = second & behind_d_.Behind(bytes.EqualFolded('d') & first);
    const uint64_t low = behind_d & bytes.WithinFolded('c', 'f');
    const uint64_t high = behind_d & ~low & ~(decimals & ~bytes.Within('8', '9'));
    *errors |= low ^ high_.Behind(high, 6);
    high_.Keep(high);
    LookForLetters(third & bytes.Within('6', '7'), at);
    return u >> (kBlockBytes - 4) | high >> (kBlockBytes - 6);
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

  uint64_t inside_ = 0;  // all ones: the last block ended within a string
  Carry behind_escape_;
  // Of blocks that TakeEscapes() was not asked about they know nothing; it is asked whenever their ends matter.
  Tail unicode_, high_;
  Carry behind_d_;
  uint64_t escape_open_ = 0;  // not zero: the next block must be looked at though it has no backslash
  bool escaped_letters_ = false;
};

}  // namespace
}  // namespace headcount::scan
