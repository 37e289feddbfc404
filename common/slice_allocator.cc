#include "common/slice_allocator.h"

#include "common/check.h"

namespace headcount {
namespace {

constexpr uint64_t BytesOf(unsigned order) { return SliceAllocator::kMinBlock << order; }

}  // namespace

SliceAllocator::SliceAllocator(uint64_t bytes) : total_bytes_(bytes / kMinBlock * kMinBlock) {
  unsigned orders = 0;
  while (BytesOf(orders) <= total_bytes_) ++orders;
  free_.resize(orders);
  // Aligned blocks, the largest first: together they are the binary digits of the size.
  uint64_t at = 0;
  for (unsigned order = orders; order-- > 0;) {
    if ((total_bytes_ & BytesOf(order)) == 0) continue;
    free_[order].insert(at);
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
  unsigned order = wanted;
  while (order < free_.size() && free_[order].empty()) ++order;
  if (order >= free_.size()) return std::nullopt;
  const uint64_t at = *free_[order].begin();
  free_[order].erase(free_[order].begin());
  while (order > wanted) {
    --order;
    free_[order].insert(at + BytesOf(order));
  }
  used_bytes_ += BytesOf(wanted);
  return at;
}

void SliceAllocator::Free(uint64_t at, uint64_t bytes) {
  unsigned order = OrderOf(bytes);
  HC_CHECK(at % BytesOf(order) == 0 && at + BytesOf(order) <= total_bytes_, "freed " + std::to_string(at));
  used_bytes_ -= BytesOf(order);
  while (order + 1 < free_.size()) {
    const auto buddy = free_[order].find(at ^ BytesOf(order));
    if (buddy == free_[order].end()) break;
    free_[order].erase(buddy);
    at &= ~BytesOf(order);
    ++order;
  }
  const bool inserted = free_[order].insert(at).second;
  HC_CHECK(inserted, "a block of a slice was freed twice at " + std::to_string(at));
}

}  // namespace headcount
