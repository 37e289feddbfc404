#include "worker/window_store.h"

#include <algorithm>
#include <iterator>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/log/crash_point.h"
#include "worker/frame_notes.h"

namespace headcount {

WindowStore::WindowStore(shm::Slice slice, Generation generation, WindowStart closed_upto,
                         std::function<bool()> wait_for_room)
    : slice_(slice),
      generation_(generation),
      published_upto_(closed_upto),
      wait_for_room_(std::move(wait_for_room)),
      allocator_(slice.bytes),
      sealed_upto_(closed_upto) {}

// --- Open windows --------------------------------------------------------------------------------------------

WindowStore::OpenWindow* WindowStore::Find(WindowStart window) {
  if (window < published_upto_) return nullptr;
  HC_CHECK(window >= sealed_upto_, "a verdict for sealed window " + std::to_string(window.seconds()) +
                                       " in generation " + std::to_string(generation_.value()));
  latest_ = std::max(latest_, window);
  return &open_.try_emplace(window, slice_.begin).first->second;
}

void WindowStore::AddComing(OpenWindow* window) {
  for (size_t i = 0; i < window->coming_count && !out_of_memory_; ++i) {
    const Fingerprint uid = window->coming[i];
    while (window->users.Add(uid) == DistinctTable::Added::kMustGrow && Grow(&window->users, uid)) continue;
  }
  window->coming_count = 0;
}

bool WindowStore::Grow(DistinctTable* users, Fingerprint uid) {
  const std::optional<uint64_t> at = Allocate(users->GrowthBytes(uid));
  if (!at) return false;
  CrashPoint("worker.growing");
  if (const auto left = users->Grow(uid, *at)) allocator_.Free(left->at, left->bytes);
  CrashPoint("worker.grown");
  return true;
}

std::optional<uint64_t> WindowStore::Allocate(uint64_t bytes) {
  std::optional<uint64_t> at = allocator_.Allocate(bytes);
  while (!at && !out_of_memory_ && wait_for_room_()) at = allocator_.Allocate(bytes);
  if (!at) out_of_memory_ = true;
  return at;
}

const Point* WindowStore::EarliestFirstPoint(size_t place) const {
  const Point* earliest = nullptr;
  for (const auto& [start, window] : open_) {
    if (place >= window.first_points.size() || !window.first_points[place]) continue;
    const Point& point = *window.first_points[place];
    if (earliest == nullptr || Earlier(point, *earliest)) earliest = &point;
  }
  return earliest;
}

// --- Sealing and closing -------------------------------------------------------------------------------------

void WindowStore::SealUpTo(WindowStart upto, const std::vector<PartitionId>& partitions) {
  while (!open_.empty() && open_.begin()->first < upto && !out_of_memory_) {
    SealWindow(open_.begin()->first, &open_.begin()->second, partitions);
    open_.erase(open_.begin());
  }
  sealed_upto_ = std::max(sealed_upto_, upto);
}

void WindowStore::SealWindow(WindowStart start, OpenWindow* window, const std::vector<PartitionId>& partitions) {
  AddComing(window);
  if (out_of_memory_) return;
  SealedBlocks blocks;
  blocks.start = start;
  blocks.table_blocks = window->users.blocks();
  blocks.table_block_bytes = window->users.block_bytes();
  const TableBlocks named{blocks.table_blocks.data(), blocks.table_blocks.size(), blocks.table_block_bytes};
  shm::SealedWindow sealed{start, window->counts, {slice_.begin, slice_.bytes, named, window->users.size()}, {}};
  blocks.first_offsets.resize(partitions.size());
  for (size_t place = 0; place < window->first_points.size(); ++place) {
    if (!window->first_points[place]) continue;
    sealed.first_points.push_back({partitions[place], *window->first_points[place]});
    blocks.first_offsets[place] = window->first_points[place]->offset;
  }
  blocks.stored_bytes = shm::BytesOf(sealed);
  blocks.users = window->users.size();
  const std::optional<uint64_t> at = Allocate(blocks.stored_bytes);
  if (!at) return;
  blocks.stored_at = *at;
  shm::Store(slice_.begin + *at, generation_, sealed);
  sealed_.push_back(std::move(blocks));
  sealed_refs_.push_back({start, *at});
}

void WindowStore::ReleaseUpTo(WindowStart closed_upto) {
  size_t closed = 0;
  for (; closed < sealed_.size() && sealed_[closed].start < closed_upto; ++closed) {
    const SealedBlocks& blocks = sealed_[closed];
    for (const uint32_t name : blocks.table_blocks) {
      allocator_.Free(name * DistinctTable::kAlignment, blocks.table_block_bytes);
    }
    allocator_.Free(blocks.stored_at, blocks.stored_bytes);
  }
  sealed_.erase(sealed_.begin(), sealed_.begin() + static_cast<std::ptrdiff_t>(closed));
  sealed_refs_.erase(sealed_refs_.begin(), sealed_refs_.begin() + static_cast<std::ptrdiff_t>(closed));
}

WindowStart WindowStore::NewestNotClosedBefore(WindowStart boundary) const {
  const auto open_after = open_.lower_bound(boundary);
  if (open_after != open_.begin()) return std::prev(open_after)->first;
  const auto sealed_after =
      std::lower_bound(sealed_.begin(), sealed_.end(), boundary,
                       [](const SealedBlocks& blocks, WindowStart before) { return blocks.start < before; });
  return sealed_after == sealed_.begin() ? WindowStart::Unset() : std::prev(sealed_after)->start;
}

// Those still on their way into a table, a few a window, are not missed.
WindowStore::NotClosed WindowStore::CountNotClosed() const {
  NotClosed all{open_.size() + sealed_.size(), 0};
  for (const auto& [start, window] : open_) all.users += window.users.size();
  for (const SealedBlocks& blocks : sealed_) all.users += blocks.users;
  return all;
}

Offset WindowStore::EarliestNeeded(size_t place, Offset now) const {
  Offset earliest = now;
  if (const Point* point = EarliestFirstPoint(place)) earliest = std::min(earliest, point->offset);
  for (const SealedBlocks& blocks : sealed_) {
    if (place < blocks.first_offsets.size() && blocks.first_offsets[place]) {
      earliest = std::min(earliest, *blocks.first_offsets[place]);
    }
  }
  return earliest;
}

WindowStore::Room WindowStore::PublicationRoom(uint64_t bytes) {
  PublicationBlock& block = publication_blocks_[++publications_ % 2];
  if (block.bytes < bytes) {
    if (block.bytes > 0) allocator_.Free(block.at, block.bytes);
    block.bytes = 0;
    // Some room to grow, so that a window more does not move it each time.
    const std::optional<uint64_t> at = Allocate(bytes + bytes / 2);
    if (!at) return {};
    block = {*at, bytes + bytes / 2};
  }
  return {slice_.begin + block.at, block.at};
}

// --- One partition's verdicts --------------------------------------------------------------------------------

WindowStore::OpenWindow* PartitionSink::Open(WindowStart window) {
  if (open_ == nullptr || last_ != window) {
    open_ = store_->Find(window);
    last_ = window;
    if (open_ == nullptr) return nullptr;
    if (open_->first_points.size() <= place_) open_->first_points.resize(place_ + 1);
  }
  if (!open_->first_points[place_]) open_->first_points[place_] = judge_->point_before();
  return open_;
}

void PartitionSink::AddCounted(WindowStart window, Fingerprint uid) {
  WindowStore::OpenWindow* open = Open(window);
  if (open == nullptr) return;
  store_->CountOne(open, &VerdictCounts::counted);
  store_->AddUser(open, uid);
}

void PartitionSink::AddLate(WindowStart window) {
  if (WindowStore::OpenWindow* open = Open(window)) store_->CountOne(open, &VerdictCounts::late);
}

void PartitionSink::AddFuture(WindowStart window) {
  if (WindowStore::OpenWindow* open = Open(window)) store_->CountOne(open, &VerdictCounts::future);
}

void PartitionSink::AddInvalid(WindowStart window, InvalidReason reason) {
  VerdictCounts one;
  one.invalid_by_reason[static_cast<size_t>(reason)] = 1;
  AddWaited(window, one);
}

void PartitionSink::AddWaited(WindowStart window, const VerdictCounts& waited) {
  if (WindowStore::OpenWindow* open = Open(window)) store_->Count(open, waited);
}

void PartitionSink::IsFuture(Offset offset) {
  if (notes_ != nullptr) notes_->Future(partition_, offset);
}

void PartitionSink::IsLate(Offset offset) {
  if (notes_ != nullptr) notes_->Late(partition_, offset);
}

}  // namespace headcount
