// What the scan meets block by block and looks at in the end. Whether a block has such places, and how many, no
// processor could guess, and a wrong guess costs more than most of what is done here: so meeting them takes no branch,
// and one loop looks at all of them. Pure; for common/decode/json/scan/ only.
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
  // `found`: room for one more than there are blocks.
  HC_SCAN_INLINE explicit Findings(Found* found) : found_(found) {}

  // Once a block, at least once in all.
  HC_SCAN_INLINE void Add(const Found& found) {
    found_[blocks_] = found;
    blocks_ += static_cast<size_t>(found.places != 0);
    places_ += static_cast<size_t>(__builtin_popcountll(found.places));
  }

  // Calls look(found, place) for each place, in their order; `place`: as a mask of one bit.
  template <typename Look>
  HC_SCAN_INLINE void ForEach(Look look) const {
    size_t block = 0;
    uint64_t todo = found_[0].places;
    // The number of turns is known before any of them is made, so a wrong guess of it shows early.
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
