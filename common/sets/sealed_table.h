// A set of fingerprints that no longer changes, read in place in a worker's slice, and the merge that counts several of
// them. Pure; runs in the writer.
//
// All tables hold their fingerprints in the same order. So the merge reads every block once, from one end to the other,
// and looks nothing up.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/sets/fingerprint.h"

namespace headcount {

// The blocks of a sealed table: see DistinctTable::blocks().
struct TableBlocks {
  const uint32_t* names = nullptr;
  uint64_t count = 0;
  uint64_t bytes = 0;  // of each block
};

class SealedTable {
 public:
  SealedTable() = default;
  // `memory` and the names in `blocks` must outlive the table. Reading checks that the blocks lie in the memory and
  // hold `size` fingerprints; anything else is a broken invariant.
  SealedTable(const char* memory, uint64_t memory_bytes, TableBlocks blocks, uint64_t size)
      : memory_(memory), memory_bytes_(memory_bytes), blocks_(blocks), size_(size) {}

  uint64_t size() const { return size_; }
  const TableBlocks& blocks() const { return blocks_; }
  // The places of a block, the empty ones included.
  const Fingerprint* PlacesOf(uint64_t block) const;
  uint64_t places_of_a_block() const { return blocks_.bytes / sizeof(Fingerprint); }

 private:
  const char* memory_ = nullptr;
  uint64_t memory_bytes_ = 0;
  TableBlocks blocks_;
  uint64_t size_ = 0;
};

// The number of distinct fingerprints in all tables together. Calls `heartbeat` after every few milliseconds of work,
// because a merge of large tables takes a good part of a second.
uint64_t CountMerged(
    const std::vector<SealedTable>& tables, const std::function<void()>& heartbeat = [] {});

}  // namespace headcount
