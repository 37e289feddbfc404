// Hands out blocks of a worker's slice: a binary buddy allocator over byte distances. It never touches the
// memory itself, so it is pure; runs in the worker that owns the slice, and dies with it.
//
// The lowest free block that fits is taken first, also where a smaller one lies higher, so that pages touched once are
// used again before others are touched. A window of ten million users gives thousands of blocks back at once: no call
// takes more than some dozens of steps, whatever is free.
#pragma once

#include <cstdint>
#include <optional>
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
  // A set of numbers that knows its smallest: a bit for each, and above every 64 words a word that says which of them
  // are not zero. It takes memory for what lies below the largest number it has ever held.
  class NumberSet {
   public:
    explicit NumberSet(uint64_t numbers);
    void Insert(uint64_t number);
    // Whether it was there.
    bool Erase(uint64_t number);
    std::optional<uint64_t> Smallest() const;

   private:
    std::vector<std::vector<uint64_t>> levels_;  // the first has a bit a number, the last a single word
  };

  static unsigned OrderOf(uint64_t bytes);

  std::vector<NumberSet> free_;  // by order: the free blocks of kMinBlock << order, by number
  uint64_t total_bytes_ = 0;
  uint64_t used_bytes_ = 0;
};

}  // namespace headcount
