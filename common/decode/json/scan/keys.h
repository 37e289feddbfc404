// Knows the names of the root's two keys: which strings may be one of them, and which are. UsualKeys is for ts and uid,
// known at compile time. GivenKeys is for the names that the user gave, and a few instructions slower. For
// common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/base/limits.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

// Which key a string is.
inline constexpr size_t kNoKey = 0;
inline constexpr size_t kTimeKey = 1;
inline constexpr size_t kIdKey = 2;

class UsualKeys {
 public:
  HC_SCAN_INLINE explicit UsualKeys(const Buffers& /*buffers*/) {}

  // The closing quotes in a block of strings that may be a key. Asked once for each block.
  template <typename Bytes>
  HC_SCAN_INLINE uint64_t MayEnd(const Bytes& bytes, uint64_t opening_quotes, uint64_t closing_quotes) {
    const uint64_t of_two = opening_.Behind(opening_quotes, 3);
    const uint64_t of_three = opening_.Behind(opening_quotes, 4);
    opening_.Keep(opening_quotes);
    return closing_quotes & (of_two | of_three) & last_letter_.Behind(bytes.LastLetters());
  }

  // Which key a string is that MayEnd() selected. Without a branch. (A quote stands before a string of three bytes.)
  HC_SCAN_INLINE size_t Which(const char* closing_quote) const {
    const uint32_t last_four = Word(closing_quote - 3);
    const auto is_ts = static_cast<size_t>(last_four == Word("\"ts\""));
    const auto is_uid = static_cast<size_t>(last_four == Word("uid\""));
    return is_ts * kTimeKey + is_uid * kIdKey;
  }

  // 1 if one of the keys has this letter, else 0.
  HC_SCAN_INLINE uint32_t HasLetter(uint32_t code_unit) const {
    const uint32_t letter = code_unit - 'd';
    return static_cast<uint32_t>(letter <= 'u' - 'd') & kLetters >> (letter & 31);
  }

 private:
  // d, i, s, t and u, a bit each.
  static constexpr uint32_t kLetters = 1 | 1 << ('i' - 'd') | 1 << ('s' - 'd') | 1 << ('t' - 'd') | 1 << ('u' - 'd');

  Tail opening_;
  Carry last_letter_;
};

class GivenKeys {
 public:
  static_assert(limits::kMaxFieldNameBytes + 1 < kBlockBytes, "Tail::Behind() looks back less than a block");

  HC_SCAN_INLINE explicit GivenKeys(const Buffers& buffers) : keys_(*buffers.keys) {}

  // Decides by the lengths only.
  template <typename Bytes>
  HC_SCAN_INLINE uint64_t MayEnd(const Bytes& /*bytes*/, uint64_t opening_quotes, uint64_t closing_quotes) {
    const uint64_t as_time = opening_.Behind(opening_quotes, keys_.time_bytes + 1);
    const uint64_t as_id = opening_.Behind(opening_quotes, keys_.id_bytes + 1);
    opening_.Keep(opening_quotes);
    return closing_quotes & (as_time | as_id);
  }

  HC_SCAN_INLINE size_t Which(const char* closing_quote) const {
    if (IsBefore(closing_quote, keys_.time, keys_.time_bytes)) return kTimeKey;
    return IsBefore(closing_quote, keys_.id, keys_.id_bytes) ? kIdKey : kNoKey;
  }

  HC_SCAN_INLINE uint32_t HasLetter(uint32_t code_unit) const {
    return static_cast<uint32_t>(code_unit < 128) &
           static_cast<uint32_t>(keys_.letters[code_unit >> 6 & 1] >> (code_unit & 63));
  }

 private:
  // Compares from the last byte on, so that it reads nothing before the opening quote: a name has no quote. A string of
  // the other key's length may end with an escaped quote and this key's name.
  HC_SCAN_INLINE static bool IsBefore(const char* closing_quote, const char* name, unsigned bytes) {
    const char* const text = closing_quote - bytes;
    for (unsigned i = bytes; i-- > 0;) {
      if (text[i] != name[i]) return false;
    }
    return text[-1] == '"' && text[-2] != '\\';
  }

  const Keys& keys_;
  Tail opening_;
};

}  // namespace
}  // namespace headcount::scan
