// A worker and a writer of the plain model: each takes one step at a time on the real shared memory, through the real
// views, and says the same to the model. Whatever they see themselves they compare at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "common/shm/writer_view.h"
#include "coordinator/writer/closing.h"
#include "tests/shm/exchange_model.h"
#include "tests/support/random.h"
#include "worker/window_store.h"

namespace headcount::test {

// What Kafka holds: it outlives every process.
struct Stored {
  int64_t closed = 0;
  uint64_t sequence = 0;
  std::vector<SafePoint> points;       // by partition
  std::vector<int64_t> first_windows;  // by partition: in earlier ones it holds nothing
  std::map<int64_t, CountRecord> records;
};

struct World {
  static constexpr int64_t kWindows = 10;
  static constexpr uint64_t kSliceBytes = uint64_t{512} << 10;

  World(uint64_t seed, int32_t slots, size_t partitions);

  bool Has(int32_t partition, int64_t n) const;
  // The coordinator's reset: a new mapping, of which nobody knows anything yet.
  void ResetMemory();

  const Content content;
  Random random;
  shm::JobMemory memory;
  PlainMemory plain;
  Stored stored;
  int64_t now_ms = 1;
};

class ModelledWorker {
 public:
  ModelledWorker(World* world, size_t slot, uint64_t generation)
      : world_(world),
        place_(slot),
        generation_(generation),
        view_(&world->memory, SlotId(static_cast<int32_t>(slot))) {}

  void Step();

 private:
  enum class At { kForked, kBegun, kReading, kHandOffBegun, kHalfStored, kStored, kLast };

  PlainSlot& plain() { return world_->plain.slots[place_]; }
  Random& random() { return world_->random; }

  void BeginGeneration();
  void StartReading();
  void ReadOrLook();
  void LearnPartitions();
  void Read();
  void AddHalf(int64_t n, int half);
  void AddHalf(size_t place, int64_t n, int half);
  void Seal();
  void TakeNews();

  void BeginHandOff(bool last);
  void StoreHalf();
  void StoreAll();
  void FinishHandOff();

  void ShowLowWatermark();
  void WantClock();
  void BeatAndDecode();
  void ShowStatus();

  World* const world_;
  const size_t place_;
  const uint64_t generation_;
  shm::WorkerView view_;
  At at_ = At::kForked;
  std::unique_ptr<WindowStore> store_;
  int32_t partition_count_ = 0;
  std::vector<PartitionId> partitions_;
  int64_t next_ = 0;        // the window to be sealed next
  int halves_[2] = {0, 0};  // of that window, and of the one behind it: added
  PlainWindows windows_;    // not released

  // The publication that is under way.
  shm::HandOff hand_off_;
  PlainHandOff right_;
  WindowStore::Space room_;
  uint64_t bytes_ = 0;
};

class ModelledWriter {
 public:
  explicit ModelledWriter(World* world) : world_(world), view_(&world->memory) {}

  // With `grows` the topic may get a partition.
  void Step(bool grows);
  // All workers have published for the last time, and all of it is committed.
  bool done() const { return at_ == At::kDone; }
  // What it holds may be from a worker that is dead by now: it must stay as it was taken.
  void CheckUnconfirmed() const;

 private:
  enum class At { kStarting, kCounted, kRound, kTaking, kMerging, kCommitting, kStoringPoints, kTelling, kDone };

  PlainMemory& plain() { return world_->plain; }
  Stored& stored() { return world_->stored; }

  void Open();
  void TakeOver();
  void BeginRound(bool grows);
  void AddPartition();
  void Take();
  void Merge();
  void Commit();
  void StoreSafePoint(size_t partition);
  void StoreNextPoint();
  void Tell();

  World* const world_;
  shm::WriterView view_;
  At at_ = At::kStarting;
  HandOffs unconfirmed_;
  std::vector<std::optional<PlainHandOff>> right_;  // by slot, what was taken
  WindowStart frontier_;
  std::vector<CountRecord> records_;
  size_t points_stored_ = 0;
};

}  // namespace headcount::test
