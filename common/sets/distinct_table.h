// A set of fingerprints in blocks of memory that somebody else owns and hands out one by one. Pure; runs in the worker.
//
// The fingerprints lie in ascending order with gaps: each at its home, the place that is as far along as its number is
// among all numbers, or as near behind it as those before it allow. So a lookup is a short scan, what is larger ends
// it, and a union of sealed tables is a merge (common/sets/sealed_table.h).
//
//   directory, by the first bits    segments             blocks of 64 KiB, anywhere in the slice
//   [0]────────────────────────────> 2 blocks, 5,120 ───> [# ### ##  ## # ...] [## # ### ## ## ...]
//   [1]────────────────────────────> 3 blocks, 6,870 ───> [# ## #  # #  # ...] [...] [...]
//   [2]─┬──────────────────────────> 3 blocks, 9,611      not split yet: it has two entries
//   [3]─┘
//
// A segment of two full blocks gets a third, one of three is split in two of two. Such a step moves the fingerprints of
// one segment, 160 KB at most: as many in a table of ten million as in one of ten thousand. Fingerprints are spread
// evenly, so all segments come to a step at nearly the same size of the table, though each in its turn. Without the
// step between, half of all places would be empty after it: 41 bytes a user, against 31 at worst and 24 on average.
// More and smaller steps move every fingerprint more often: with four of them a new user costs a third more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/sets/fingerprint.h"

namespace headcount {

// Fingerprints stand in the order of these numbers. The first half decides, as it chooses the home; what is free is
// zero and comes after all others, so one is taken off.
__extension__ using FingerprintRank = unsigned __int128;
inline FingerprintRank RankOf(Fingerprint uid) { return ((FingerprintRank{uid.low} << 64) | uid.high) - 1; }

class DistinctTable {
 public:
  // Blocks are named by their distance from `memory` in this unit, with 32 bits: they reach a tebibyte.
  static constexpr uint64_t kAlignment = 256;
  static constexpr uint64_t kMinBlockBytes = 4096;
  static constexpr uint64_t kMaxBlockBytes = 65536;

  // `memory`: the beginning of what the blocks lie in.
  explicit DistinctTable(char* memory) : memory_(memory) {}

  enum class Added : uint8_t {
    kNew,
    kKnown,
    kMustGrow,  // it is new, and there is no room: Grow(), then add it again
  };
  Added Add(Fingerprint uid);
  // Asks for the places that Add(uid) will look at.
  void Prefetch(Fingerprint uid) const;

  // --- Growth -----------------------------------------------------------------------------------------------
  struct Block {
    uint64_t at = 0;
    uint64_t bytes = 0;
  };
  // The size of the block that Grow(uid) wants.
  uint64_t GrowthBytes(Fingerprint uid) const;
  // Makes room where `uid` belongs, with a block at `at`, whatever lies in it. Answers with one that is no longer
  // needed, if any.
  std::optional<Block> Grow(Fingerprint uid, uint64_t at);

  // --- State ------------------------------------------------------------------------------------------------
  uint64_t size() const { return size_; }
  // Of each block.
  uint64_t block_bytes() const { return kShapes[segments_[0].shape].places * sizeof(Fingerprint); }
  // Their names, in the order of the fingerprints in them.
  std::vector<uint32_t> blocks() const;

 private:
  static constexpr uint64_t kBlockPlaces = kMaxBlockBytes / sizeof(Fingerprint);
  static constexpr uint32_t kMaxBlocks = 3;

  // What a segment looks like. Behind the last home there is room for those that are pushed past it. That room and the
  // limit are such that it suffices: the chance of a place more being wanted is below 1e-23 where fingerprints are
  // spread evenly, and to make others one would have to know the key. It is the chance that a queue, which is served
  // once a place and joined by as many as the limit allows, is longer than that.
  struct Shape {
    uint32_t blocks;
    uint32_t places;  // of each block
    uint32_t homes;
    uint32_t limit;  // of fingerprints
  };
  static constexpr std::array<Shape, 8> kShapes = {{
      {0, 0, 0, 0},
      // Small ones, as there may be many windows of few users: one block, each time twice as large; 5/8 of the homes.
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

  // A place in a segment that can be moved on.
  struct Cursor {
    Fingerprint* at;
    Fingerprint* end;  // of the block
    uint32_t block;
  };

  // A shift by 64 is undefined, so it takes two where the depth may be 0.
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

// Where a scan ends nobody can foretell, and to guess wrongly costs as much as to look at ten places. So the first four
// are counted without a branch: all that are smaller stand in a row. Half the rank will do, in which nothing counts as
// smaller that is not: the rest is looked at one by one.
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
  // What stands here and behind moves on by one place, up to the next gap.
  for (Fingerprint carried = uid;;) {
    std::swap(*cursor.at, carried);
    if (carried.empty()) break;
    Next(segment, &cursor);
  }
  ++segment.size;
  ++size_;
  return Added::kNew;
}

// Inlined always: gcc takes a function that only prefetches for one that does nothing, and leaves the call out.
[[gnu::always_inline]] inline void DistinctTable::Prefetch(Fingerprint uid) const {
  const Segment& segment = segments_[NumberOf(uid)];
  if (segment.shape == 0) return;
  const Fingerprint* const home = Home(segment, uid).at;
  __builtin_prefetch(home, 1);
  __builtin_prefetch(home + 4, 1);  // the next cache line: a scan takes three places more on average
}

}  // namespace headcount
