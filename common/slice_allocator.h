// Hands out blocks of a worker's slice: a binary buddy allocator over byte distances. It never touches the
// memory itself, so it is pure; runs in the worker that owns the slice, and dies with it.
//
// The lowest free block that fits is taken first, so that pages touched once are used again.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace headcount {

class SliceAllocator {
 public:
  static constexpr uint64_t kMinBlock = 256;

  // Manages [0, bytes); what does not fill a block of kMinBlock at the end is not used.
  explicit SliceAllocator(uint64_t bytes);

  // The beginning of a block of at least `bytes`, aligned to its size rounded up to a power of two; nothing
  // where no block is free. The contents are whatever was there before.
  std::optional<uint64_t> Allocate(uint64_t bytes);
  // Gives back what Allocate(bytes) returned, with the same `bytes`.
  void Free(uint64_t at, uint64_t bytes);

  uint64_t used_bytes() const { return used_bytes_; }
  uint64_t total_bytes() const { return total_bytes_; }

 private:
  static unsigned OrderOf(uint64_t bytes);

  std::vector<std::set<uint64_t>> free_;  // by order: beginnings of the free blocks of kMinBlock << order
  uint64_t total_bytes_ = 0;
  uint64_t used_bytes_ = 0;
};

}  // namespace headcount
