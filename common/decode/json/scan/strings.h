// Finds the strings and checks their content: no control character, only RFC 8259's escapes, surrogates only in pairs.
// Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstdint>

#include "common/decode/json/scan/findings.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/unicode.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

struct StringMasks {
  uint64_t inside;  // from an opening quote to before the closing one
  uint64_t opening_quotes;
  uint64_t closing_quotes;
  uint64_t outside;  // neither inside nor a closing quote
};

template <typename Bytes>
class Strings {
 public:
  // `found`: as in Findings.
  HC_SCAN_INLINE explicit Strings(FoundBytes* found) : found_unicode_(found) {}

  // `at`: the block in the frame.
  HC_SCAN_INLINE StringMasks Take(const Bytes& bytes, const char* at, uint64_t* errors) {
    const uint64_t all_quotes = bytes.Equal('"');
    const uint64_t backslashes = bytes.Equal('\\');
    const uint64_t escaped = Escaped(backslashes);
    const uint64_t u = escaped & bytes.Equal('u');
    *errors |= escaped & ~(bytes.EscapeLetters() | u | all_quotes | backslashes);
    found_unicode_.Add({at, u});

    StringMasks masks;
    const uint64_t quotes = all_quotes & ~escaped;
    masks.inside = Bytes::PrefixXor(quotes) ^ inside_;
    inside_ = Everywhere(masks.inside >> kLastBit != 0);
    masks.opening_quotes = quotes & masks.inside;
    masks.closing_quotes = quotes & ~masks.inside;
    masks.outside = ~(masks.inside | quotes);
    return masks;
  }

  // After the last block: checks the \u escapes that Take() found. `end`: the frame's end.
  template <typename KeysT>
  HC_SCAN_INLINE UnicodeEscapes<KeysT> CheckUnicode(const char* end, const KeysT& keys, uint64_t* errors) const {
    UnicodeEscapes<KeysT> escapes(end, keys);
    found_unicode_.ForEach(
        [&](const FoundBytes& found, uint64_t place) { escapes.Take(found.at + __builtin_ctzll(place), errors); });
    *errors |= static_cast<uint64_t>(escapes.open());
    return escapes;
  }

  // After the last block: whether a string has no end.
  bool open() const { return inside_ != 0; }

 private:
  // The bytes after a backslash that is not escaped itself: in a run of backslashes the first, the third and so on
  // escape. So the answer depends on whether a run begins at an even byte.
  HC_SCAN_INLINE uint64_t Escaped(uint64_t backslashes) {
    constexpr uint64_t kEven = 0x5555'5555'5555'5555;
    const uint64_t running = backslashes & ~behind_escape_.bit();  // an escaped first byte begins no run
    const uint64_t starts = running & ~(running << 1);
    const uint64_t even_runs = running & ~(running + (starts & kEven));
    const uint64_t escaping = (even_runs & kEven) | (running & ~even_runs & ~kEven);
    return behind_escape_.Behind(escaping);
  }

  uint64_t inside_ = 0;  // all ones: the last block ended inside a string
  Carry behind_escape_;
  Findings<FoundBytes> found_unicode_;
};

}  // namespace
}  // namespace headcount::scan
