// What may follow what: RFC 8259's grammar between the tokens of an outline. Pure; for common/scan/ only.
#pragma once

#include <cstdint>

#include "common/scan/masks.h"

namespace headcount::scan {
namespace {

struct TokenMasks {
  uint64_t strings;
  uint64_t commas;
  uint64_t colons;
  uint64_t openers;  // brackets
  uint64_t closers;
  uint64_t scalar_starts;  // first bytes of numbers and literals
  uint64_t in_object;      // directly
};

class Grammar {
 public:
  // The first block begins behind the root's opening bracket. The answer: which strings are keys.
  HC_SCAN_INLINE uint64_t Take(const TokenMasks& tokens, uint64_t* errors) {
    const uint64_t values = tokens.strings | tokens.openers | tokens.scalar_starts;
    const uint64_t behind_opener = behind_opener_.Behind(tokens.openers);
    const uint64_t behind_comma = behind_comma_.Behind(tokens.commas);
    const uint64_t behind_separator = behind_comma | behind_colon_.Behind(tokens.colons);
    // Behind a separator stands a value, and behind an opening bracket, unless it is closed at once; nowhere else.
    *errors |= (values ^ (behind_opener | behind_separator)) & ~(behind_opener & tokens.closers);
    // In an object it is a key, but behind a colon.
    const uint64_t key_places = (behind_opener | behind_comma) & tokens.in_object;
    *errors |= key_places & ~(tokens.strings | tokens.closers);
    // Behind a key stands a colon, and nowhere else.
    const uint64_t keys = key_places & tokens.strings;
    *errors |= behind_key_.Behind(keys) ^ tokens.colons;
    return keys;
  }

 private:
  Carry behind_opener_{true};
  Carry behind_comma_, behind_colon_, behind_key_;
};

}  // namespace
}  // namespace headcount::scan
