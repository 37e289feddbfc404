#include "common/sets/slice_allocator.h"

#include "common/base/check.h"

namespace headcount {
namespace {

constexpr uint64_t BytesOf(unsigned order) { return SliceAllocator::kMinBlock << order; }

}  // namespace

// --- Which blocks are free -----------------------------------------------------------------------------------

SliceAllocator::NumberSet::NumberSet(uint64_t numbers) {
  do {
    numbers = (numbers + 63) / 64;
    levels_.emplace_back();
  } while (numbers > 1);
}

void SliceAllocator::NumberSet::Insert(uint64_t number) {
  for (std::vector<uint64_t>& words : levels_) {
    const uint64_t bit = uint64_t{1} << (number % 64);
    number /= 64;
    if (number >= words.size()) words.resize(number + 1);
    const bool was_empty = words[number] == 0;
    words[number] |= bit;
    if (!was_empty) return;
  }
}

bool SliceAllocator::NumberSet::Erase(uint64_t number) {
  if (number / 64 >= levels_[0].size() || (levels_[0][number / 64] >> (number % 64) & 1) == 0) return false;
  for (std::vector<uint64_t>& words : levels_) {
    const uint64_t bit = uint64_t{1} << (number % 64);
    number /= 64;
    words[number] &= ~bit;
    if (words[number] != 0) break;
  }
  return true;
}

std::optional<uint64_t> SliceAllocator::NumberSet::Smallest() const {
  uint64_t number = 0;
  for (auto words = levels_.rbegin(); words != levels_.rend(); ++words) {
    if (number >= words->size() || (*words)[number] == 0) return std::nullopt;
    number = number * 64 + static_cast<uint64_t>(__builtin_ctzll((*words)[number]));
  }
  return number;
}

// --- Blocks --------------------------------------------------------------------------------------------------

SliceAllocator::SliceAllocator(uint64_t bytes) : total_bytes_(bytes / kMinBlock * kMinBlock) {
  for (unsigned order = 0; BytesOf(order) <= total_bytes_; ++order) free_.emplace_back(total_bytes_ / BytesOf(order));
  // Aligned blocks, the largest first: their sizes are the binary digits of the total.
  uint64_t at = 0;
  for (auto order = static_cast<unsigned>(free_.size()); order-- > 0;) {
    if ((total_bytes_ & BytesOf(order)) == 0) continue;
    free_[order].Insert(at / BytesOf(order));
    at += BytesOf(order);
  }
}

unsigned SliceAllocator::OrderOf(uint64_t bytes) {
  unsigned order = 0;
  while (BytesOf(order) < bytes) ++order;
  return order;
}

std::optional<uint64_t> SliceAllocator::Allocate(uint64_t bytes) {
  if (bytes > total_bytes_) return std::nullopt;
  const unsigned wanted = OrderOf(bytes);
  std::optional<uint64_t> lowest;
  unsigned order = 0;
  for (unsigned candidate = wanted; candidate < free_.size(); ++candidate) {
    const std::optional<uint64_t> number = free_[candidate].Smallest();
    if (!number || (lowest && *number * BytesOf(candidate) > *lowest)) continue;
    lowest = *number * BytesOf(candidate);
    order = candidate;
  }
  if (!lowest) return std::nullopt;
  free_[order].Erase(*lowest / BytesOf(order));
  while (order > wanted) {
    --order;
    free_[order].Insert(*lowest / BytesOf(order) + 1);
  }
  used_bytes_ += BytesOf(wanted);
  return lowest;
}

void SliceAllocator::Free(uint64_t at, uint64_t bytes) {
  unsigned order = OrderOf(bytes);
  HC_CHECK(at % BytesOf(order) == 0 && at + BytesOf(order) <= total_bytes_, "freed " + std::to_string(at));
  used_bytes_ -= BytesOf(order);
  uint64_t number = at / BytesOf(order);
  HC_CHECK(!free_[order].Erase(number), "a block of a slice was freed twice at " + std::to_string(at));
  while (order + 1 < free_.size() && free_[order].Erase(number ^ 1)) {
    number /= 2;
    ++order;
  }
  free_[order].Insert(number);
}

}  // namespace headcount
