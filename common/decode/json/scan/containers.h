// What surrounds the brackets of an outline, objects or arrays, and whether brackets match. Most containers hold no
// other: two brackets one behind the other, which need no stack. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstdint>

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

// Up to 64 brackets that follow each other, a bit for each; the first is the lowest.
class Brackets {
 public:
  HC_SCAN_INLINE bool HasRoomFor(unsigned more) const { return count_ + more < kMax || count_ == 0; }
  // `more` of them: which open a container, and which are curly.
  HC_SCAN_INLINE void Append(uint64_t openers, uint64_t curly, unsigned more) {
    openers_ |= openers << count_;
    curly_ |= curly << count_;
    count_ += more;
  }

  HC_SCAN_INLINE uint64_t openers() const { return openers_; }
  HC_SCAN_INLINE uint64_t curly() const { return curly_; }
  HC_SCAN_INLINE uint64_t all() const { return ~(~uint64_t{0} << (count_ % kMax)) | Everywhere(count_ == kMax); }

 private:
  static constexpr unsigned kMax = 64;

  uint64_t openers_ = 0;
  uint64_t curly_ = 0;
  unsigned count_ = 0;
};

class Containers {
 public:
  // Deeper frames, and some that are not much less deep, are left to the reference decoder.
  static constexpr int kMaxDepth = 63;

  // The next brackets; the first of all stand behind the root's opening one. The answer: behind which of them an object
  // is around.
  template <typename Bytes>
  HC_SCAN_INLINE uint64_t Take(const Brackets& brackets, uint64_t* errors) {
    const uint64_t all = brackets.all();
    const uint64_t openers = brackets.openers();
    const uint64_t curly = brackets.curly();
    const uint64_t at_first = types_ & 1;
    // A pair: an opening bracket and, as the next, a closing one.
    const uint64_t pair_openers = openers & ~(openers >> 1) & (all >> 1);
    const uint64_t others = all & ~(pair_openers | pair_openers << 1);
    // What is around changes for good at the others only.
    const uint64_t around = Everywhere(at_first != 0) ^ Bytes::PrefixXor(Changes(others, openers, curly));
    const uint64_t behind = (around & ~pair_openers) | (curly & pair_openers);
    const uint64_t before = behind << 1 | at_first;
    *errors |= all & ~openers & (before ^ curly);
    last_in_pair_ = (others & all & ~(all >> 1)) == 0;
    return behind & all;
  }

  HC_SCAN_INLINE bool in_object() const { return (types_ & 1) != 0; }
  // Then nothing else that was said holds.
  HC_SCAN_INLINE bool too_deep() const { return deepest_ > kMaxDepth; }
  // After the last bracket, behind which nothing stands: it is the root's and the only one that is.
  HC_SCAN_INLINE bool closed_once() const { return types_ == kNothing && root_closed_ == 1 && !last_in_pair_; }

 private:
  // Of the brackets `todo` those behind which stands another type of container than before them. No branch but the
  // loop's own: brackets come in no order that a processor could guess.
  HC_SCAN_INLINE uint64_t Changes(uint64_t todo, uint64_t openers, uint64_t curly) {
    const int opened = __builtin_popcountll(todo & openers);
    deepest_ |= depth_ + opened + 1;  // with a pair in the innermost
    depth_ += 2 * opened - __builtin_popcountll(todo);
    uint64_t changes = 0;
    for (; todo != 0; todo &= todo - 1) {
      const auto at = static_cast<unsigned>(__builtin_ctzll(todo));
      const uint64_t opens = openers >> at & 1;
      const uint64_t opens_object = (openers & curly) >> at & 1;
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
  int depth_ = 1;
  // All depths that may have been reached, in one "or": below a power of two if each was. (Of a frame that closes more
  // than it opens it means nothing, and need not.)
  int deepest_ = 1;
  uint64_t root_closed_ = 0;  // how often
  bool last_in_pair_ = false;
};

}  // namespace
}  // namespace headcount::scan
