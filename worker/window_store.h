// The windows of one worker. While a window is open, the store keeps its distinct table and its counts. Once it is
// sealed, the store keeps what the writer reads. When it is closed, the store frees its memory. Runs in the worker; the
// memory is the worker's slice.
//
//   open -> sealed (stored and handed over to the writer, not changed again) -> closed (memory reused)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/types.h"
#include "common/judge/judge.h"
#include "common/judge/judge_state.h"
#include "common/records/verdict.h"
#include "common/sets/distinct_table.h"
#include "common/sets/slice_allocator.h"
#include "common/shm/hand_off.h"
#include "common/shm/job_memory.h"

namespace headcount {

class RejectionLog;

class WindowStore {
 public:
  // A window that is still open. `first_contributions` is indexed by the partition's index in the worker.
  struct OpenWindow {
    explicit OpenWindow(char* slice) : users(slice) {}

    VerdictCounts counts;
    DistinctTable users;
    // Users whose positions in `users` were prefetched, and may be in the cache by now.
    std::array<Fingerprint, limits::kUsersPrefetched> prefetched;
    size_t prefetched_count = 0;
    std::vector<std::optional<JudgeState>> first_contributions;
  };

  // Windows before `closed_frontier` are published already, so the store drops their verdicts. The store calls
  // `wait_for_memory` when the slice is full. True: memory was released meanwhile.
  WindowStore(shm::Slice slice, Generation generation, WindowStart closed_frontier,
              std::function<bool()> wait_for_memory);

  // --- Open windows -----------------------------------------------------------------------------------------
  // The open window, made at the first call. Null: the window was published before this generation began. A sealed
  // window is a broken invariant. The pointer lives until the next SealUpTo().
  OpenWindow* Find(WindowStart window);
  // The set inserts the user some users later, or at the seal. A position in a large set costs a cache miss, which is
  // over by then.
  void AddUser(OpenWindow* window, Fingerprint uid) {
    window->users.Prefetch(uid);
    window->prefetched[window->prefetched_count++] = uid;
    if (window->prefetched_count == window->prefetched.size()) InsertPrefetched(window);
  }
  // The earliest first contribution of the partition with this index to any open window, or null.
  const JudgeState* EarliestFirstContribution(size_t index) const;

  // --- Sealing and closing ----------------------------------------------------------------------------------
  // Stores every window before `frontier` for the writer. `partitions` names the indexes of first_contributions.
  void SealUpTo(WindowStart frontier, const std::vector<PartitionId>& partitions);
  // The stored windows that a hand-off names; ascending.
  const std::vector<shm::StoredWindow>& sealed() const { return sealed_refs_; }
  // Frees the windows before `closed_frontier`. Their first contributions no longer count in EarliestNeeded().
  void ReleaseUpTo(WindowStart closed_frontier);
  // The offset below which the partition with this index needs no decisions any more. It is that of its earliest first
  // contribution to any window that is not closed, or `now`.
  Offset EarliestNeeded(size_t index, Offset now) const;

  // Space for a hand-off. It alternates between two blocks; the store keeps each until it is too small.
  struct Space {
    char* begin = nullptr;
    uint64_t at = 0;
  };
  Space HandOffSpace(uint64_t bytes);

  // --- State ------------------------------------------------------------------------------------------------
  // The slice is full and nothing can be released. The worker must stop; it has handed over nothing wrong.
  bool out_of_memory() const { return out_of_memory_; }
  uint64_t used_bytes() const { return allocator_.used_bytes(); }
  uint64_t total_bytes() const { return allocator_.total_bytes(); }
  // Windows whose records are not committed, as far as this worker knows, and the users it has seen in them.
  struct NotClosed {
    uint64_t windows = 0;
    uint64_t users = 0;
  };
  NotClosed CountNotClosed() const;
  WindowStart sealed_frontier() const { return sealed_frontier_; }
  // The newest window ever opened in this generation. Unset: none.
  WindowStart latest() const { return latest_; }
  // The newest window before `boundary` that is not closed, as far as this worker knows. Unset: none.
  WindowStart NewestNotClosedBefore(WindowStart boundary) const;
  // Verdicts given in this generation to windows that were not published before it.
  const VerdictCounts& judged_counts() const { return judged_; }
  void Count(OpenWindow* window, const VerdictCounts& more) {
    window->counts += more;
    judged_ += more;
  }
  // Counts one of the two frequent verdicts, without building VerdictCounts.
  void CountOne(OpenWindow* window, uint64_t VerdictCounts::*kind) {
    ++(window->counts.*kind);
    ++(judged_.*kind);
  }

 private:
  struct SealedBlocks {
    WindowStart start;
    std::vector<uint32_t> table_blocks;
    uint64_t table_block_bytes = 0;
    uint64_t stored_at = 0;
    uint64_t stored_bytes = 0;
    uint64_t users = 0;
    std::vector<std::optional<Offset>> first_offsets;  // by index
  };
  struct HandOffBlock {
    uint64_t at = 0;
    uint64_t bytes = 0;
  };

  std::optional<uint64_t> Allocate(uint64_t bytes);
  void InsertPrefetched(OpenWindow* window);
  bool Grow(DistinctTable* users, Fingerprint uid);
  void SealWindow(WindowStart start, OpenWindow* window, const std::vector<PartitionId>& partitions);

  // Fixed after construction.
  const shm::Slice slice_;
  const Generation generation_;
  const WindowStart closed_frontier_at_start_;
  const std::function<bool()> wait_for_memory_;

  SliceAllocator allocator_;
  std::map<WindowStart, OpenWindow> open_;
  std::vector<SealedBlocks> sealed_;
  std::vector<shm::StoredWindow> sealed_refs_;
  HandOffBlock hand_off_blocks_[2];
  uint64_t hand_offs_ = 0;
  WindowStart sealed_frontier_;
  WindowStart latest_;
  VerdictCounts judged_;
  bool out_of_memory_ = false;
};

// The sink of one partition's judge. It gives the verdicts to the worker's windows, with the first contribution of
// each.
class PartitionSink : public VerdictSink {
 public:
  PartitionSink(WindowStore* store, size_t index) : store_(store), index_(index) {}
  // The judge that calls this sink; set once, right after the judge is made.
  void set_judge(const Judge* judge) { judge_ = judge; }
  // The log for this partition's future and late frames. Without it they are not logged.
  void set_rejections(RejectionLog* rejections, PartitionId partition) {
    rejections_ = rejections;
    partition_ = partition;
  }

  void AddCounted(WindowStart window, Fingerprint uid) override;
  void AddLate(WindowStart window) override;
  void AddFuture(WindowStart window) override;
  void AddInvalid(WindowStart window, InvalidReason reason) override;
  void AddUnattributed(WindowStart window, const VerdictCounts& waited) override;
  void IsFuture(Offset offset) override;
  void IsLate(Offset offset) override;

  // The worker may have sealed windows: look them up again.
  void ForgetWindow() { open_ = nullptr; }

 private:
  WindowStore::OpenWindow* Open(WindowStart window);

  WindowStore* store_;
  size_t index_;
  const Judge* judge_ = nullptr;
  RejectionLog* rejections_ = nullptr;
  PartitionId partition_;
  WindowStart last_;
  WindowStore::OpenWindow* open_ = nullptr;  // of last_
};

}  // namespace headcount
