// A set of fingerprints in blocks of memory that the caller owns and hands out one by one. Pure; runs in the worker.
//
// The fingerprints lie in ascending order with gaps. The home of a fingerprint is the place that is as far along the
// places as its number is along all numbers. Each lies at its home, or behind it as near as those before it allow. So a
// lookup is a short scan that ends at the first larger fingerprint, and a merge of sealed tables is one pass over them
// (common/sets/sealed_table.h).
//
//   directory, by the first bits    segments             blocks of 64 KiB, anywhere in the slice
//   [0]────────────────────────────> 2 blocks, 5,120 ───> [# ### ##  ## # ...] [## # ### ## ## ...]
//   [1]────────────────────────────> 3 blocks, 6,870 ───> [# ## #  # #  # ...] [...] [...]
//   [2]─┬──────────────────────────> 3 blocks, 9,611      not split yet: it has two entries
//   [3]─┘
//
// A segment of two full blocks gets a third block. A full segment of three blocks is split into two of two. Such a step
// moves the fingerprints of one segment, 160 KB at most: as many in a table of ten million as in one of ten thousand.
// Fingerprints are spread evenly, so all segments reach a step at nearly the same size of the table, one after the
// other. Without the step to three blocks, half of all places would be empty after a split: 41 bytes a user, against 31
// at worst and 24 on average. More and smaller steps move every fingerprint more often: with four of them a new user
// costs a third more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/sets/fingerprint.h"

namespace headcount {

// The order of the fingerprints in a table. `low` comes first, because it also decides the home. The -1 puts the empty
// place, which is zero, after all fingerprints.
__extension__ using FingerprintRank = unsigned __int128;
inline FingerprintRank RankOf(Fingerprint uid) { return ((FingerprintRank{uid.low} << 64) | uid.high) - 1; }

class DistinctTable {
 public:
  // A block's name is its distance from `memory` in this unit. Its 32 bits reach a tebibyte.
  static constexpr uint64_t kAlignment = 256;
  static constexpr uint64_t kMinBlockBytes = 4096;
  static constexpr uint64_t kMaxBlockBytes = 65536;

  // All blocks lie in the memory that begins at `memory`.
  explicit DistinctTable(char* memory) : memory_(memory) {}

  enum class Added : uint8_t {
    kNew,
    kKnown,
    kMustGrow,  // the fingerprint is new, and there is no space: Grow(), then add it again
  };
  Added Add(Fingerprint uid);
  // Prefetches the places that Add(uid) will look at.
  void Prefetch(Fingerprint uid) const;

  // --- Growth -----------------------------------------------------------------------------------------------
  struct Block {
    uint64_t at = 0;
    uint64_t bytes = 0;
  };
  // The size of the block that Grow(uid) needs.
  uint64_t GrowthBytes(Fingerprint uid) const;
  // Makes space for `uid` with a block at `at`, whatever the block contains. Returns a block that the table no longer
  // needs, if any; the caller frees it.
  std::optional<Block> Grow(Fingerprint uid, uint64_t at);

  // --- State ------------------------------------------------------------------------------------------------
  uint64_t size() const { return size_; }
  // The size of each block, in bytes.
  uint64_t block_bytes() const { return kShapes[segments_[0].shape].places * sizeof(Fingerprint); }
  // The names of the blocks, in the order of the fingerprints in them.
  std::vector<uint32_t> blocks() const;

 private:
  static constexpr uint64_t kBlockPlaces = kMaxBlockBytes / sizeof(Fingerprint);
  static constexpr uint32_t kMaxBlocks = 3;

  // The layout of a segment. Behind the last home there is space for fingerprints that others push past it. The limit
  // leaves enough of it: if fingerprints are spread evenly, the chance that one more place is needed is below 1e-23. It
  // is the chance that a queue outgrows that space. The queue serves one fingerprint for each place, and as many join
  // as the limit allows. To make fingerprints that are not spread evenly, a sender would have to know the key.
  struct Shape {
    uint32_t blocks;
    uint32_t places;  // of each block
    uint32_t homes;
    uint32_t limit;  // of fingerprints
  };
  static constexpr std::array<Shape, 8> kShapes = {{
      {0, 0, 0, 0},
      // Small segments, as there may be many windows of few users: one block, each shape twice as large, 5/8 of the
      // homes filled.
      {1, 256, 256 - 64, 120},
      {1, 512, 512 - 64, 280},
      {1, 1024, 1024 - 64, 600},
      // From here on 13/16.
      {1, 2048, 2048 - 192, 1508},
      {1, 4096, 4096 - 192, 3172},
      {2, 4096, 8192 - 192, 6500},
      {3, 4096, 12288 - 192, 9828},
  }};
  static constexpr uint8_t kHalfShape = 6;

  struct Segment {
    std::array<uint32_t, kMaxBlocks> blocks{};
    uint8_t shape = 0;
    uint8_t depth = 0;  // leading bits that all its fingerprints share
    uint16_t size = 0;
  };
  static_assert(sizeof(Segment) == 16, "four to a cache line, and none across two");
  static_assert(kShapes.back().limit <= UINT16_MAX && kShapes[kHalfShape].blocks == (kMaxBlocks + 1) / 2);

  // A place in a segment that can advance.
  struct Cursor {
    Fingerprint* at;
    Fingerprint* end;  // of the block
    uint32_t block;
  };

  // Two shifts, because the depth may be 0 and a shift by 64 is undefined.
  static uint64_t LeadingBits(Fingerprint uid, unsigned depth) { return (uid.low >> 1) >> (63 - depth); }
  static uint64_t HomeOf(Fingerprint uid, unsigned depth, uint64_t homes) {
    return static_cast<uint64_t>((FingerprintRank{uid.low << depth} * homes) >> 64);
  }
  uint32_t NumberOf(Fingerprint uid) const { return directory_[LeadingBits(uid, depth_)]; }
  Fingerprint* BlockAt(uint32_t name) const {
    return reinterpret_cast<Fingerprint*>(memory_ + uint64_t{name} * kAlignment);
  }
  Cursor Home(const Segment& segment, Fingerprint uid) const;
  void SkipSmaller(const Segment& segment, Fingerprint uid, Cursor* cursor) const;
  void Next(const Segment& segment, Cursor* cursor) const {
    if (++cursor->at == cursor->end) NextBlock(segment, cursor);
  }
  void NextBlock(const Segment& segment, Cursor* cursor) const;

  uint32_t Collect(const Segment& segment, Fingerprint* sorted) const;
  void LayOut(Segment* segment, const Fingerprint* sorted, uint32_t count);
  void Split(Fingerprint uid, uint32_t block, const Fingerprint* sorted, uint32_t count);
  void DoubleDirectory();

  char* memory_;
  uint64_t size_ = 0;
  unsigned depth_ = 0;                     // leading bits that choose a directory entry
  std::vector<uint32_t> directory_ = {0};  // numbers of segments
  std::vector<Segment> segments_{1};
};

inline DistinctTable::Cursor DistinctTable::Home(const Segment& segment, Fingerprint uid) const {
  const Shape& shape = kShapes[segment.shape];
  const uint64_t home = HomeOf(uid, segment.depth, shape.homes);
  const auto block = static_cast<uint32_t>(home / kBlockPlaces);
  Fingerprint* const begin = BlockAt(segment.blocks[block]);
  return {begin + home % kBlockPlaces, begin + shape.places, block};
}

// The processor cannot predict where a scan ends, and a wrong guess costs as much as ten places. So the first four
// places are compared without a branch: the smaller fingerprints among them stand in a row. Comparing `low` alone never
// takes a larger one for smaller; the loop below compares the rest exactly.
inline void DistinctTable::SkipSmaller(const Segment& segment, Fingerprint uid, Cursor* cursor) const {
  constexpr int kAtOnce = 4;
  if (cursor->end - cursor->at > kAtOnce) {
    const uint64_t low = uid.low - (uid.low > 0 ? 1U : 0U);
    unsigned smaller = 0;
    for (int i = 0; i < kAtOnce; ++i) smaller += cursor->at[i].low - 1 < low ? 1U : 0U;
    cursor->at += smaller;
  }
  const FingerprintRank rank = RankOf(uid);
  while (RankOf(*cursor->at) < rank) Next(segment, cursor);
}

inline DistinctTable::Added DistinctTable::Add(Fingerprint uid) {
  Segment& segment = segments_[NumberOf(uid)];
  if (segment.shape == 0) return Added::kMustGrow;
  Cursor cursor = Home(segment, uid);
  SkipSmaller(segment, uid, &cursor);
  if (*cursor.at == uid) return Added::kKnown;
  if (segment.size == kShapes[segment.shape].limit) return Added::kMustGrow;
  // The fingerprint at this place and those behind it move on by one place, up to the next gap.
  for (Fingerprint carried = uid;;) {
    std::swap(*cursor.at, carried);
    if (carried.empty()) break;
    Next(segment, &cursor);
  }
  ++segment.size;
  ++size_;
  return Added::kNew;
}

// Always inlined: gcc believes that a function that only prefetches does nothing, and drops the call.
[[gnu::always_inline]] inline void DistinctTable::Prefetch(Fingerprint uid) const {
  const Segment& segment = segments_[NumberOf(uid)];
  if (segment.shape == 0) return;
  const Fingerprint* const home = Home(segment, uid).at;
  __builtin_prefetch(home, 1);
  __builtin_prefetch(home + 4, 1);  // the next cache line: a scan takes three places more on average
}

}  // namespace headcount
