#include "worker/window_store.h"

#include <algorithm>
#include <iterator>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/log/crash_point.h"
#include "worker/rejection_log.h"

namespace headcount {

WindowStore::WindowStore(shm::Slice slice, Generation generation, WindowStart closed_frontier,
                         std::function<bool()> wait_for_memory)
    : slice_(slice),
      generation_(generation),
      closed_frontier_at_start_(closed_frontier),
      wait_for_memory_(std::move(wait_for_memory)),
      allocator_(slice.bytes),
      sealed_frontier_(closed_frontier) {}

// --- Open windows --------------------------------------------------------------------------------------------

WindowStore::OpenWindow* WindowStore::Find(WindowStart window) {
  if (window < closed_frontier_at_start_) return nullptr;
  HC_CHECK(window >= sealed_frontier_, "a verdict for sealed window " + std::to_string(window.seconds()) +
                                           " in generation " + std::to_string(generation_.value()));
  latest_ = std::max(latest_, window);
  return &open_.try_emplace(window, slice_.begin).first->second;
}

void WindowStore::InsertPrefetched(OpenWindow* window) {
  for (size_t i = 0; i < window->prefetched_count && !out_of_memory_; ++i) {
    const Fingerprint uid = window->prefetched[i];
    while (window->users.Add(uid) == DistinctTable::Added::kMustGrow && Grow(&window->users, uid)) continue;
  }
  window->prefetched_count = 0;
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
  while (!at && !out_of_memory_ && wait_for_memory_()) at = allocator_.Allocate(bytes);
  if (!at) out_of_memory_ = true;
  return at;
}

const JudgeState* WindowStore::EarliestFirstContribution(size_t index) const {
  const JudgeState* earliest = nullptr;
  for (const auto& [start, window] : open_) {
    if (index >= window.first_contributions.size() || !window.first_contributions[index]) continue;
    const JudgeState& state = *window.first_contributions[index];
    if (earliest == nullptr || Earlier(state, *earliest)) earliest = &state;
  }
  return earliest;
}

// --- Sealing and closing -------------------------------------------------------------------------------------

void WindowStore::SealUpTo(WindowStart frontier, const std::vector<PartitionId>& partitions) {
  while (!open_.empty() && open_.begin()->first < frontier && !out_of_memory_) {
    SealWindow(open_.begin()->first, &open_.begin()->second, partitions);
    open_.erase(open_.begin());
  }
  sealed_frontier_ = std::max(sealed_frontier_, frontier);
}

void WindowStore::SealWindow(WindowStart start, OpenWindow* window, const std::vector<PartitionId>& partitions) {
  InsertPrefetched(window);
  if (out_of_memory_) return;
  SealedBlocks blocks;
  blocks.start = start;
  blocks.table_blocks = window->users.blocks();
  blocks.table_block_bytes = window->users.block_bytes();
  const TableBlocks named{blocks.table_blocks.data(), blocks.table_blocks.size(), blocks.table_block_bytes};
  shm::SealedWindow sealed{start, window->counts, {slice_.begin, slice_.bytes, named, window->users.size()}, {}};
  blocks.first_offsets.resize(partitions.size());
  for (size_t index = 0; index < window->first_contributions.size(); ++index) {
    if (!window->first_contributions[index]) continue;
    sealed.first_contributions.push_back({partitions[index], *window->first_contributions[index]});
    blocks.first_offsets[index] = window->first_contributions[index]->offset;
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

void WindowStore::ReleaseUpTo(WindowStart closed_frontier) {
  size_t closed = 0;
  for (; closed < sealed_.size() && sealed_[closed].start < closed_frontier; ++closed) {
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

// Leaves out users that are prefetched but not inserted yet, a few in a window.
WindowStore::NotClosed WindowStore::CountNotClosed() const {
  NotClosed all{open_.size() + sealed_.size(), 0};
  for (const auto& [start, window] : open_) all.users += window.users.size();
  for (const SealedBlocks& blocks : sealed_) all.users += blocks.users;
  return all;
}

Offset WindowStore::EarliestNeeded(size_t index, Offset now) const {
  Offset earliest = now;
  if (const JudgeState* state = EarliestFirstContribution(index)) earliest = std::min(earliest, state->offset);
  for (const SealedBlocks& blocks : sealed_) {
    if (index < blocks.first_offsets.size() && blocks.first_offsets[index]) {
      earliest = std::min(earliest, *blocks.first_offsets[index]);
    }
  }
  return earliest;
}

WindowStore::Space WindowStore::HandOffSpace(uint64_t bytes) {
  HandOffBlock& block = hand_off_blocks_[++hand_offs_ % 2];
  if (block.bytes < bytes) {
    if (block.bytes > 0) allocator_.Free(block.at, block.bytes);
    block.bytes = 0;
    // With some space to grow, so that one more window does not move the block each time.
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
    if (open_->first_contributions.size() <= index_) open_->first_contributions.resize(index_ + 1);
  }
  if (!open_->first_contributions[index_]) open_->first_contributions[index_] = judge_->state_before();
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
  AddUnattributed(window, one);
}

void PartitionSink::AddUnattributed(WindowStart window, const VerdictCounts& waited) {
  if (WindowStore::OpenWindow* open = Open(window)) store_->Count(open, waited);
}

void PartitionSink::IsFuture(Offset offset) {
  if (rejections_ != nullptr) rejections_->Future(partition_, offset);
}

void PartitionSink::IsLate(Offset offset) {
  if (rejections_ != nullptr) rejections_->Late(partition_, offset);
}

}  // namespace headcount
