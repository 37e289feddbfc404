// Hands out blocks of a worker's slice: a binary buddy allocator over byte distances. It never touches the memory
// itself, so it is pure. Runs in the worker that owns the slice, and dies with it.
//
// It takes the lowest free block that fits, even if a smaller one lies higher, so that touched pages are used again
// before new ones. A window of ten million users gives back thousands of blocks at once: no call takes more than some
// dozens of steps, whatever is free.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace headcount {

class SliceAllocator {
 public:
  static constexpr uint64_t kMinBlock = 256;

  // Manages [0, bytes). It does not use the end that is shorter than kMinBlock.
  explicit SliceAllocator(uint64_t bytes);

  // The distance of a block of at least `bytes`, aligned to its size rounded up to a power of two; nothing if no block
  // is free. The block contains old bytes.
  std::optional<uint64_t> Allocate(uint64_t bytes);
  // Takes back what Allocate(bytes) returned, with the same `bytes`.
  void Free(uint64_t at, uint64_t bytes);

  uint64_t used_bytes() const { return used_bytes_; }
  uint64_t total_bytes() const { return total_bytes_; }

 private:
  // A set of numbers that finds its smallest fast: one bit for each number. Above every 64 words stands a word whose
  // bits say which of them are not zero. Its memory covers the numbers up to the largest that it ever held.
  class NumberSet {
   public:
    explicit NumberSet(uint64_t numbers);
    void Insert(uint64_t number);
    // Whether the set held the number.
    bool Erase(uint64_t number);
    std::optional<uint64_t> Smallest() const;

   private:
    std::vector<std::vector<uint64_t>> levels_;  // the first has a bit for each number, the last is a single word
  };

  static unsigned OrderOf(uint64_t bytes);

  std::vector<NumberSet> free_;  // by order: the free blocks of kMinBlock << order, by number
  uint64_t total_bytes_ = 0;
  uint64_t used_bytes_ = 0;
};

}  // namespace headcount
