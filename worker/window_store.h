// The windows of one worker: distinct tables and counts while they are open, what the writer reads once they
// are sealed, and the way to the free list when they are closed. Runs in the worker; the memory is its slice.
//
//   open -> sealed (stored and published for the writer, not changed again) -> closed (memory reused)
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
#include "common/judge/point.h"
#include "common/records/verdict.h"
#include "common/sets/distinct_table.h"
#include "common/sets/slice_allocator.h"
#include "common/shm/job_memory.h"
#include "common/shm/publication.h"

namespace headcount {

class FrameNotes;

class WindowStore {
 public:
  // A window that is still open. `first_points` is indexed by the partition's place in the worker.
  struct OpenWindow {
    explicit OpenWindow(char* slice) : users(slice) {}

    VerdictCounts counts;
    DistinctTable users;
    // Those whose places in `users` have been asked for, and may be in the cache by now.
    std::array<Fingerprint, limits::kUsersAhead> coming;
    size_t coming_count = 0;
    std::vector<std::optional<Point>> first_points;
  };

  // Windows before `closed_upto` are published already: their verdicts are dropped.
  // `wait_for_room` is called when the slice is full; it answers whether memory has been released meanwhile.
  WindowStore(shm::Slice slice, Generation generation, WindowStart closed_upto, std::function<bool()> wait_for_room);

  // --- Open windows -----------------------------------------------------------------------------------------
  // The open window, made at the first call; null for a window that was published before this life began.
  // A sealed window is a broken invariant. The pointer lives until the next Seal().
  OpenWindow* Find(WindowStart window);
  // The set takes it up some users later, or at the seal: a place in a large one is a cache miss, which is over by
  // then.
  void AddUser(OpenWindow* window, Fingerprint uid) {
    window->users.Prefetch(uid);
    window->coming[window->coming_count++] = uid;
    if (window->coming_count == window->coming.size()) AddComing(window);
  }
  // The earliest first contribution of the partition at `place` to any open window, or null.
  const Point* EarliestFirstPoint(size_t place) const;

  // --- Sealing and closing ----------------------------------------------------------------------------------
  // Stores every window before `upto` for the writer. `partitions` names the places of first_points.
  void SealUpTo(WindowStart upto, const std::vector<PartitionId>& partitions);
  // Publications name these; ascending.
  const std::vector<shm::StoredWindow>& sealed() const { return sealed_refs_; }
  // Frees the windows before `closed_upto`. The earliest first point of what is left is no longer held back.
  void ReleaseUpTo(WindowStart closed_upto);
  // The offset below which the partition at `place` needs no moves any more: of its earliest first
  // contribution to any window that is not closed, or `now`.
  Offset EarliestNeeded(size_t place, Offset now) const;

  // Room for a publication; it alternates between two places, each kept until it is too small.
  struct Room {
    char* begin = nullptr;
    uint64_t at = 0;
  };
  Room PublicationRoom(uint64_t bytes);

  // --- State ------------------------------------------------------------------------------------------------
  // The slice is full and nothing can be released: the worker must stop, having published nothing wrong.
  bool out_of_memory() const { return out_of_memory_; }
  uint64_t used_bytes() const { return allocator_.used_bytes(); }
  uint64_t total_bytes() const { return allocator_.total_bytes(); }
  // Windows whose records are not committed, as far as this worker knows, and the users it has seen in them.
  struct NotClosed {
    uint64_t windows = 0;
    uint64_t users = 0;
  };
  NotClosed CountNotClosed() const;
  WindowStart sealed_upto() const { return sealed_upto_; }
  // The newest window ever opened in this life; Unset: none.
  WindowStart latest() const { return latest_; }
  // The newest before `boundary` that is not closed, as far as this worker knows; Unset: none.
  WindowStart NewestNotClosedBefore(WindowStart boundary) const;
  // Verdicts given in this life to windows that were not published before it.
  const VerdictCounts& judged_counts() const { return judged_; }
  void Count(OpenWindow* window, const VerdictCounts& more) {
    window->counts += more;
    judged_ += more;
  }
  // The counters of the two frequent verdicts, without building VerdictCounts.
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
    std::vector<std::optional<Offset>> first_offsets;  // by place
  };
  struct PublicationBlock {
    uint64_t at = 0;
    uint64_t bytes = 0;
  };

  std::optional<uint64_t> Allocate(uint64_t bytes);
  void AddComing(OpenWindow* window);
  bool Grow(DistinctTable* users, Fingerprint uid);
  void SealWindow(WindowStart start, OpenWindow* window, const std::vector<PartitionId>& partitions);

  // Fixed after construction.
  const shm::Slice slice_;
  const Generation generation_;
  const WindowStart published_upto_;
  const std::function<bool()> wait_for_room_;

  SliceAllocator allocator_;
  std::map<WindowStart, OpenWindow> open_;
  std::vector<SealedBlocks> sealed_;
  std::vector<shm::StoredWindow> sealed_refs_;
  PublicationBlock publication_blocks_[2];
  uint64_t publications_ = 0;
  WindowStart sealed_upto_;
  WindowStart latest_;
  VerdictCounts judged_;
  bool out_of_memory_ = false;
};

// Where one partition's judge hands its verdicts: into the worker's windows, with the first point of each.
class PartitionSink : public VerdictSink {
 public:
  PartitionSink(WindowStore* store, size_t place) : store_(store), place_(place) {}
  // The judge that calls this sink; set once, right after the judge is made.
  void set_judge(const Judge* judge) { judge_ = judge; }
  // Future and late frames are named there, as that partition's. Without it nobody names them.
  void set_notes(FrameNotes* notes, PartitionId partition) {
    notes_ = notes;
    partition_ = partition;
  }

  void AddCounted(WindowStart window, Fingerprint uid) override;
  void AddLate(WindowStart window) override;
  void AddFuture(WindowStart window) override;
  void AddInvalid(WindowStart window, InvalidReason reason) override;
  void AddWaited(WindowStart window, const VerdictCounts& waited) override;
  void IsFuture(Offset offset) override;
  void IsLate(Offset offset) override;

  // Windows may have been sealed: look them up again.
  void ForgetWindow() { open_ = nullptr; }

 private:
  WindowStore::OpenWindow* Open(WindowStart window);

  WindowStore* store_;
  size_t place_;
  const Judge* judge_ = nullptr;
  FrameNotes* notes_ = nullptr;
  PartitionId partition_;
  WindowStart last_;
  WindowStore::OpenWindow* open_ = nullptr;  // of last_
};

}  // namespace headcount
