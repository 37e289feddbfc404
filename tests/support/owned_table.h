// A set of fingerprints that owns its memory: what a worker's slice is to a window, for one alone. Tests and tools.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/check.h"
#include "common/sets/distinct_table.h"
#include "common/sets/sealed_table.h"
#include "common/sets/slice_allocator.h"

namespace headcount::test {

class OwnedTable {
 public:
  explicit OwnedTable(uint64_t bytes) : memory_(bytes, '\xee'), allocator_(bytes), table_(memory_.data()) {}

  // Whether it was not there.
  bool Add(Fingerprint uid) {
    for (;;) {
      const DistinctTable::Added added = table_.Add(uid);
      if (added != DistinctTable::Added::kMustGrow) return added == DistinctTable::Added::kNew;
      Grow(uid);
    }
  }

  // As another process would read it. Valid until something is added.
  SealedTable Sealed() {
    blocks_ = table_.blocks();
    const TableBlocks named{blocks_.data(), blocks_.size(), table_.block_bytes()};
    return {memory_.data(), memory_.size(), named, table_.size()};
  }

  const DistinctTable& table() const { return table_; }
  uint64_t used_bytes() const { return allocator_.used_bytes(); }
  // How often it has grown, and the largest block it took for that.
  uint64_t growths() const { return growths_; }
  uint64_t largest_block() const { return largest_block_; }

 private:
  void Grow(Fingerprint uid) {
    const uint64_t bytes = table_.GrowthBytes(uid);
    const std::optional<uint64_t> at = allocator_.Allocate(bytes);
    HC_CHECK(at.has_value(), "a table of a test outgrew its memory");
    if (const auto left = table_.Grow(uid, *at)) allocator_.Free(left->at, left->bytes);
    ++growths_;
    largest_block_ = std::max(largest_block_, bytes);
  }

  std::vector<char> memory_;
  SliceAllocator allocator_;
  DistinctTable table_;
  std::vector<uint32_t> blocks_;
  uint64_t growths_ = 0;
  uint64_t largest_block_ = 0;
};

// All it holds, in the order in which it lies there.
inline std::vector<Fingerprint> ReadAll(const SealedTable& table) {
  std::vector<Fingerprint> all;
  for (uint64_t block = 0; block < table.blocks().count; ++block) {
    const Fingerprint* const places = table.PlacesOf(block);
    for (uint64_t i = 0; i < table.places_of_a_block(); ++i) {
      if (!places[i].empty()) all.push_back(places[i]);
    }
  }
  return all;
}

}  // namespace headcount::test
