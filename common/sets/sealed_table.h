// A set of fingerprints that no longer changes, as another process reads it where it lies, and the size of the union of
// several. Pure; runs in the writer.
//
// All tables hold their fingerprints in the same order, so a union is a merge: every block is read once, from one end
// to the other, and nothing is looked up.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/sets/fingerprint.h"

namespace headcount {

// Which blocks a sealed table consists of: see DistinctTable::blocks().
struct TableBlocks {
  const uint32_t* names = nullptr;
  uint64_t count = 0;
  uint64_t bytes = 0;  // of each
};

class SealedTable {
 public:
  SealedTable() = default;
  // `memory` and what `blocks` names must outlive the table. That the blocks lie in it, and hold `size` fingerprints,
  // is looked at when they are read: what does not is a broken invariant.
  SealedTable(const char* memory, uint64_t memory_bytes, TableBlocks blocks, uint64_t size)
      : memory_(memory), memory_bytes_(memory_bytes), blocks_(blocks), size_(size) {}

  uint64_t size() const { return size_; }
  const TableBlocks& blocks() const { return blocks_; }
  // The places of a block, free ones among them.
  const Fingerprint* PlacesOf(uint64_t block) const;
  uint64_t places_of_a_block() const { return blocks_.bytes / sizeof(Fingerprint); }

 private:
  const char* memory_ = nullptr;
  uint64_t memory_bytes_ = 0;
  TableBlocks blocks_;
  uint64_t size_ = 0;
};

// The number of distinct fingerprints in all tables together. `still_at_it` is called every few milliseconds of work: a
// union of large tables takes a good part of a second.
uint64_t CountUnion(
    const std::vector<SealedTable>& tables, const std::function<void()>& still_at_it = [] {});

}  // namespace headcount
