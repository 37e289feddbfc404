// Says whether an object or an array is around the brackets of an outline, and whether brackets match. Most containers
// hold no other: two consecutive brackets, which need no stack. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstdint>

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

// Up to 64 consecutive brackets, a bit for each, the lowest for the first.
class Brackets {
 public:
  HC_SCAN_INLINE bool HasSpaceFor(unsigned more) const { return count_ + more < kMax || count_ == 0; }
  // Appends `more` brackets: `openers` says which open a container, `curly` which are curly.
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
  // Left to the reference decoder: deeper frames, and some that are a little less deep.
  static constexpr int kMaxDepth = 63;

  // Takes the next brackets; the first of all come after the root's opening one. Returns after which of them an object
  // is around.
  template <typename Bytes>
  HC_SCAN_INLINE uint64_t Take(const Brackets& brackets, uint64_t* errors) {
    const uint64_t all = brackets.all();
    const uint64_t openers = brackets.openers();
    const uint64_t curly = brackets.curly();
    const uint64_t at_first = types_ & 1;
    // A pair: an opening bracket with a closing one as the next.
    const uint64_t pair_openers = openers & ~(openers >> 1) & (all >> 1);
    const uint64_t others = all & ~(pair_openers | pair_openers << 1);
    // Only the others change the container around for longer than a pair.
    const uint64_t around = Everywhere(at_first != 0) ^ Bytes::PrefixXor(Changes(others, openers, curly));
    const uint64_t behind = (around & ~pair_openers) | (curly & pair_openers);
    const uint64_t before = behind << 1 | at_first;
    *errors |= all & ~openers & (before ^ curly);
    last_in_pair_ = (others & all & ~(all >> 1)) == 0;
    return behind & all;
  }

  HC_SCAN_INLINE bool in_object() const { return (types_ & 1) != 0; }
  // If true, all other answers are meaningless.
  HC_SCAN_INLINE bool too_deep() const { return deepest_ > kMaxDepth; }
  // After the last bracket, with nothing behind it: it is the root's, and no other bracket closed the root.
  HC_SCAN_INLINE bool closed_once() const { return types_ == kNothing && root_closed_ == 1 && !last_in_pair_; }

 private:
  // Which of the brackets `todo` have another type of container after them than before. No branch but the loop's own:
  // the processor cannot predict the order of brackets.
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

  // The containers around: the innermost in the lowest bit, a one for an object; one more one above the outermost.
  uint64_t types_ = kNothing << 1 | 1;
  int depth_ = 1;
  // All depths that the scan may have reached, joined by "or": below a power of two if each depth was. (Meaningless for
  // a frame that closes more than it opens, which is an error anyway.)
  int deepest_ = 1;
  uint64_t root_closed_ = 0;  // how often
  bool last_in_pair_ = false;
};

}  // namespace
}  // namespace headcount::scan
