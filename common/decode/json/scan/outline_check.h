// Checks an outline: numbers, literals, brackets and the grammar between tokens. Also says how deep a byte stands.
// Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/containers.h"
#include "common/decode/json/scan/grammar.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/outline.h"
#include "common/decode/json/scan/scalars.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

template <typename Bytes>
class OutlineCheck {
 public:
  HC_SCAN_INLINE explicit OutlineCheck(const Buffers& buffers) : tokens_(buffers.tokens), scalars_(buffers.literals) {}

  // Takes a whole outline, once. It matches brackets in groups of up to 64, so that the loop over them runs once for a
  // group and not for each block. Most frames have one group.
  HC_SCAN_INLINE void Take(const Outline& outline, uint64_t* errors) {
    const size_t blocks = (outline.size() + kBlockBytes - 1) / kBlockBytes;
    size_t taken = 0;
    size_t next = 0;
    for (size_t first = 0; first != blocks; first = next) {
      Brackets brackets;
      for (; next != blocks; ++next) {
        if (next == taken) TakeTokens(outline.bytes() + kBlockBytes * taken++, &tokens_[next], errors);
        if (!brackets.HasSpaceFor(CountOfBrackets(tokens_[next]))) break;
        Append(tokens_[next], &brackets);
      }
      CheckBlocks(first, next, brackets, errors);
    }
    scalars_.CheckLiterals(errors);
  }

  // The number of containers around the byte at `place` of the outline; 1: the root only.
  HC_SCAN_INLINE int64_t DepthAt(size_t place) const {
    const OutlineTokens& tokens = tokens_[place / kBlockBytes];
    const uint64_t before = (uint64_t{1} << place % kBlockBytes) - 1;
    return tokens.depth + __builtin_popcountll(tokens.openers & before) - __builtin_popcountll(tokens.closers & before);
  }

  // If true, all other answers are meaningless.
  HC_SCAN_INLINE bool too_deep() const { return containers_.too_deep(); }
  // As Containers::closed_once().
  HC_SCAN_INLINE bool closed_once() const { return containers_.closed_once(); }

 private:
  // Takes the tokens of a block. After the last block's end stand spaces.
  HC_SCAN_INLINE void TakeTokens(const char* at, OutlineTokens* tokens, uint64_t* errors) {
    const Bytes bytes = Bytes::Load(at);
    tokens->strings = bytes.Equal('"');
    tokens->commas = bytes.Equal(',');
    tokens->colons = bytes.Equal(':');
    tokens->openers = bytes.EqualFolded('{');
    tokens->closers = bytes.EqualFolded('}');
    tokens->curly = bytes.Bit20();
    const uint64_t brackets = tokens->openers | tokens->closers;
    const uint64_t scalars = ~(tokens->strings | tokens->commas | tokens->colons | brackets | bytes.Spaces());
    tokens->scalar_starts = scalars_.Starts(scalars);
    scalars_.Take(bytes, scalars, tokens->scalar_starts, at, errors);
    tokens->depth = depth_;
    depth_ += __builtin_popcountll(tokens->openers) - __builtin_popcountll(tokens->closers);
  }

  HC_SCAN_INLINE static unsigned CountOfBrackets(const OutlineTokens& tokens) {
    return static_cast<unsigned>(__builtin_popcountll(tokens.openers | tokens.closers));
  }
  HC_SCAN_INLINE static void Append(const OutlineTokens& tokens, Brackets* brackets) {
    const uint64_t places = tokens.openers | tokens.closers;
    brackets->Append(Bytes::Extract(tokens.openers, places), Bytes::Extract(tokens.curly, places),
                     CountOfBrackets(tokens));
  }

  // Checks the blocks [first, behind), to which `brackets` belong.
  HC_SCAN_INLINE void CheckBlocks(size_t first, size_t behind, const Brackets& brackets, uint64_t* errors) {
    uint64_t in_object_before = static_cast<uint64_t>(containers_.in_object());
    const uint64_t in_object_behind = containers_.Take<Bytes>(brackets, errors);
    uint64_t changes = in_object_behind ^ (in_object_behind << 1 | in_object_before);
    for (size_t block = first; block != behind; ++block) {
      const OutlineTokens& tokens = tokens_[block];
      const uint64_t places = tokens.openers | tokens.closers;
      const uint64_t changed = Bytes::PrefixXor(Bytes::Deposit(changes, places)) ^ Everywhere(in_object_before != 0);
      const unsigned count = CountOfBrackets(tokens);
      changes = count < kBlockBytes ? changes >> count : 0;
      grammar_.Take(tokens, changed << 1 | in_object_before, errors);
      in_object_before = changed >> kLastBit;
    }
  }

  OutlineTokens* const tokens_;  // by block
  int64_t depth_ = 1;
  Containers containers_;
  Grammar grammar_;
  Scalars<Bytes> scalars_;
};

}  // namespace
}  // namespace headcount::scan
