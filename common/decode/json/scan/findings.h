// Collects places block by block, and looks at them at the end. The processor cannot predict whether a block has such
// places, nor how many. A wrong guess costs more than most of the scanner's other work, so collecting takes no branch
// and one loop looks at all places. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

// `Found` has a mask `places`.
template <typename Found>
class Findings {
 public:
  // `found`: space for one entry more than there are blocks.
  HC_SCAN_INLINE explicit Findings(Found* found) : found_(found) {}

  // Called once for each block, at least once in all.
  HC_SCAN_INLINE void Add(const Found& found) {
    found_[blocks_] = found;
    blocks_ += static_cast<size_t>(found.places != 0);
    places_ += static_cast<size_t>(__builtin_popcountll(found.places));
  }

  // Calls look(found, place) for each place, in order. `place` is a mask of one bit.
  template <typename Look>
  HC_SCAN_INLINE void ForEach(Look look) const {
    size_t block = 0;
    uint64_t todo = found_[0].places;
    // The number of turns is known before the first turn, so the processor notices a wrong guess of it early.
    for (size_t left = places_; left != 0; --left) {
      look(found_[block], todo & (0 - todo));
      todo &= todo - 1;
      const bool next = todo == 0;
      block += static_cast<size_t>(next);
      todo |= found_[block].places & Everywhere(next);
    }
  }

 private:
  Found* const found_;
  size_t blocks_ = 0;
  size_t places_ = 0;
};

}  // namespace
}  // namespace headcount::scan
