// Checks which token may follow which: RFC 8259's grammar between the tokens of an outline. Pure; for
// common/decode/json/scan/ only.
#pragma once

#include <cstdint>

#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

class Grammar {
 public:
  // The first block begins after the root's opening bracket. `in_object`: the bytes that stand directly in an object; a
  // bracket counts to the container that stood before it.
  HC_SCAN_INLINE void Take(const OutlineTokens& tokens, uint64_t in_object, uint64_t* errors) {
    const uint64_t values = tokens.strings | tokens.openers | tokens.scalar_starts;
    const uint64_t behind_opener = behind_opener_.Behind(tokens.openers);
    const uint64_t behind_comma = behind_comma_.Behind(tokens.commas);
    const uint64_t behind_separator = behind_comma | behind_colon_.Behind(tokens.colons);
    // A value stands after each separator, and after an opening bracket unless a closing one follows at once; nowhere
    // else.
    *errors |= (values ^ (behind_opener | behind_separator)) & ~(behind_opener & tokens.closers);
    // In an object it is a key, unless it stands after a colon.
    const uint64_t key_places = (behind_opener | behind_comma) & in_object;
    *errors |= key_places & ~(tokens.strings | tokens.closers);
    // A colon stands after each key, and nowhere else.
    const uint64_t keys = key_places & tokens.strings;
    *errors |= behind_key_.Behind(keys) ^ tokens.colons;
  }

 private:
  Carry behind_opener_{true};
  Carry behind_comma_, behind_colon_, behind_key_;
};

}  // namespace
}  // namespace headcount::scan
