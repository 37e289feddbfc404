// The exchange told plainly, for tests: what the processes say to each other, kept in maps and sets. Where the shared
// memory answers differently from this, one of the two is wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/types.h"
#include "common/shm/coordinator_view.h"
#include "common/shm/hand_off.h"
#include "common/shm/worker_view.h"

namespace headcount::test {

// The first thing that was not as it must be.
struct Difference : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// `of`: of which window or partition.
inline void Expect(bool as_it_must_be, const char* what, int64_t of = -1) {
  if (!as_it_must_be) throw Difference(what + (of < 0 ? "" : " of " + std::to_string(of)));
}

// What there is to count, by partition and window: it follows from the seed, so that every life finds it again. Window
// n is [60 n, 60 n + 60).
class Content {
 public:
  explicit Content(uint64_t seed) : seed_(seed) {}

  static WindowStart Window(int64_t n) { return WindowStart(60 * n); }
  static int64_t NumberOf(WindowStart window) { return window.seconds() / 60; }
  static Fingerprint PrintOf(uint64_t user) { return {user * 0x9E3779B97F4A7C15U, user + 1}; }

  bool Has(int32_t partition, int64_t n) const;
  std::vector<uint64_t> Users(int32_t partition, int64_t n) const;
  VerdictCounts Counts(int32_t partition, int64_t n) const;
  JudgeState First(int32_t partition, int64_t n) const;
  shm::PartitionProgress StepAt(int32_t partition, int64_t sealed) const;

 private:
  uint64_t Draw(int32_t partition, int64_t n, uint64_t what) const;

  uint64_t seed_;
};

struct PlainWindow {
  std::set<uint64_t> users;
  VerdictCounts counts;
  std::map<int32_t, JudgeState> firsts;  // by partition
};
using PlainWindows = std::map<int64_t, PlainWindow>;

struct PlainHandOff {
  uint64_t generation = 0;
  int64_t sealed = 0;
  int32_t partition_count = 0;
  bool last = false;
  std::vector<shm::PartitionProgress> steps;
  PlainWindows windows;  // sealed, and not closed as far as the worker knew

  // Throws where the writer sees anything else; windows before `closed` are not looked at.
  void Compare(const shm::HandOff& seen, int64_t closed) const;
  void CompareWindows(const shm::HandOff& seen, int64_t closed) const;
};

struct PlainSlot {
  uint64_t raised = 0;                    // by the coordinator
  uint64_t acknowledged = 0;              // by the writer
  uint64_t begun = 0;                     // by the worker that began last
  std::optional<PlainHandOff> published;  // by that worker, whole
  int32_t partition_count = 0;
  shm::LowWatermark clock;
  EventTime sealed_frontier;
  bool wants_low_watermark = false;
  int64_t heartbeat_ms = 0;
  std::optional<std::pair<int32_t, int64_t>> decoding;
  shm::WorkerStatus status;
  VerdictCounts closed;

  bool alive() const { return begun != 0 && begun == raised; }
  // What the writer may take.
  const PlainHandOff* Takeable() const { return alive() && acknowledged == begun && published ? &*published : nullptr; }
};

struct PlainPartition {
  std::string state;
  int64_t safe_offset = 0;
  std::optional<shm::PartitionStatus> shown;
};

// What one mapping must show to everybody who looks.
struct PlainMemory {
  shm::WriterState state = shm::WriterState::kStarting;
  int64_t closed = 0;  // told; before the claim: not yet
  bool draining = false;
  std::vector<PlainSlot> slots;
  std::vector<PlainPartition> partitions;  // of the topic, as the writer has said
  VerdictCounts published;
  uint64_t minutes = 0;

  void BeginGeneration(size_t slot, uint64_t generation, int64_t now_ms);
  shm::LowWatermark OthersLowWatermark(size_t self) const;
  EventTime OthersSealedFrontier(size_t self) const;
  // Throws where a view shows anything else.
  void Compare(const shm::JobMemory& memory) const;

 private:
  void CompareCoordinator(const shm::CoordinatorView& view) const;
  void CompareSlot(const shm::CoordinatorView& view, size_t slot) const;
  void CompareWorker(const shm::WorkerView& view) const;
};

}  // namespace headcount::test
