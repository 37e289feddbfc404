// Which bytes of an outline stand in an object and which in an array, how deep, and whether the brackets match. Pure;
// for common/scan/ only.
#pragma once

#include <cstdint>

#include "common/scan/masks.h"

namespace headcount::scan {
namespace {

struct BracketMasks {
  uint64_t openers = 0;
  uint64_t closers = 0;
  uint64_t curly = 0;  // which of both are of objects; other bytes do not matter
};

class Containers {
 public:
  // Deeper frames, and some that are not much less deep, are left to the reference decoder.
  static constexpr int64_t kMaxDepth = 63;

  // The first block begins behind the root's opening bracket. The answer: the bytes that stand directly in an object; a
  // bracket stands in what was before it.
  template <typename Bytes>
  HC_SCAN_INLINE uint64_t Take(const BracketMasks& brackets, uint64_t* errors) {
    const int64_t opened = __builtin_popcountll(brackets.openers);
    deepest_ |= depth_ + opened;
    depth_ += opened - __builtin_popcountll(brackets.closers);
    const uint64_t in_object_at_first = Everywhere((types_ & 1) != 0);
    const uint64_t in_object = in_object_at_first ^ (Bytes::PrefixXor(TakeTypes(brackets)) << 1);
    *errors |= brackets.closers & (in_object ^ brackets.curly);
    return in_object;
  }

  // Around the next block; 1: only the root is.
  HC_SCAN_INLINE int64_t depth() const { return depth_; }
  // Then nothing else that was said holds.
  bool too_deep() const { return deepest_ > kMaxDepth; }
  // After the last block, the last byte of which is a closing bracket: it is the root's and the only one that is.
  bool closed_once() const { return types_ == kNothing && root_closed_ == 1; }

 private:
  // The brackets behind which stands another type of container than before them. No branch but the loop's own: brackets
  // come in no order that a processor could guess.
  HC_SCAN_INLINE uint64_t TakeTypes(const BracketMasks& brackets) {
    const uint64_t opening_curly = brackets.openers & brackets.curly;
    uint64_t changes = 0;
    for (uint64_t todo = brackets.openers | brackets.closers; todo != 0; todo &= todo - 1) {
      const auto at = static_cast<unsigned>(__builtin_ctzll(todo));
      const uint64_t opens = brackets.openers >> at & 1;
      const uint64_t opens_object = opening_curly >> at & 1;
      const uint64_t types = (types_ << opens | opens_object) >> (opens ^ 1);
      root_closed_ += static_cast<uint64_t>(types <= kNothing);
      changes |= ((types_ ^ types) & 1) << at;
      types_ = types;
    }
    return changes;
  }

  static constexpr uint64_t kNothing = 1;

  // The containers around, the innermost in the lowest bit, an object is a one; above the outermost one more one.
  uint64_t types_ = kNothing << 1 | 1;
  int64_t depth_ = 1;
  // All depths that blocks may have reached, in one "or": below a power of two if each was. (Of a frame that closes
  // more than it opens it means nothing, and need not.)
  int64_t deepest_ = 1;
  uint64_t root_closed_ = 0;  // how often
};

}  // namespace
}  // namespace headcount::scan
