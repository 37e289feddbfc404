// Checks an outline: numbers, literals, brackets and the grammar between tokens; and says which strings are keys of the
// root. Pure; for common/scan/ only.
#pragma once

#include <cstdint>

#include "common/scan/containers.h"
#include "common/scan/grammar.h"
#include "common/scan/masks.h"
#include "common/scan/scalars.h"
#include "common/scan/workspace.h"

namespace headcount::scan {
namespace {

// `place`: of a byte in the block.
HC_SCAN_INLINE bool IsRootKey(const CheckedBlock& block, unsigned place) {
  const uint64_t key = uint64_t{1} << place;
  const int64_t depth =
      block.depth + __builtin_popcountll(block.openers & (key - 1)) - __builtin_popcountll(block.closers & (key - 1));
  return ((block.keys & key) != 0) & (depth == 1);
}

template <typename Bytes>
class OutlineCheck {
 public:
  // A block of the outline, behind whose end stand spaces.
  HC_SCAN_INLINE CheckedBlock Take(const char* at, uint64_t* errors) {
    const Bytes bytes = Bytes::Load(at);
    TokenMasks tokens;
    tokens.strings = bytes.Equal('"');
    tokens.commas = bytes.Equal(',');
    tokens.colons = bytes.Equal(':');
    tokens.openers = bytes.EqualFolded('{');
    tokens.closers = bytes.EqualFolded('}');
    const uint64_t scalars =
        ~(tokens.strings | tokens.commas | tokens.colons | tokens.openers | tokens.closers | bytes.Spaces());
    tokens.scalar_starts = scalars_.Starts(scalars);
    scalars_.Take(bytes, scalars, tokens.scalar_starts, at, errors);

    CheckedBlock checked;
    checked.openers = tokens.openers;
    checked.closers = tokens.closers;
    checked.depth = containers_.depth();
    tokens.in_object = containers_.template Take<Bytes>({tokens.openers, tokens.closers, bytes.Bit20()}, errors);
    checked.keys = grammar_.Take(tokens, errors);
    return checked;
  }

  // Then nothing else that was said holds.
  bool too_deep() const { return containers_.too_deep(); }
  // As Containers::closed_once().
  bool closed_once() const { return containers_.closed_once(); }

 private:
  Containers containers_;
  Grammar grammar_;
  Scalars<Bytes> scalars_;
};

}  // namespace
}  // namespace headcount::scan
