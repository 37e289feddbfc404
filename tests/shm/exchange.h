// A job in miniature, for tests: worker processes that build, seal and publish windows of made-up users as fast as
// they can, and a writer process that takes, checks, merges and closes them. Everything a worker publishes follows
// from the seed, its slot and how far it has sealed, so that the writer knows every byte it must see.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/base/types.h"
#include "common/shm/hand_off.h"
#include "common/shm/job_memory.h"

namespace headcount::test {

// --- What is right -------------------------------------------------------------------------------------------

class Model {
 public:
  Model(uint64_t seed, int64_t windows, int32_t slots) : seed_(seed), windows_(windows), slots_(slots) {}

  // Window n is [60 n, 60 n + 60); a slot has one partition, of the same number, whose offset n is window n.
  static WindowStart Window(int64_t n) { return WindowStart(60 * n); }
  static int64_t NumberOf(WindowStart window) { return window.is_set() ? window.seconds() / 60 : 0; }

  // In the order in which the worker adds them; some repeat, and slots share many.
  std::vector<uint64_t> UsersOf(SlotId slot, int64_t window) const;
  VerdictCounts CountsOf(SlotId slot, int64_t window) const;
  JudgeState PointAt(SlotId slot, int64_t window) const;
  // What a worker that has sealed up to `sealed` says of its partition.
  shm::PartitionProgress StepAt(SlotId slot, int64_t sealed) const;

  // An empty answer, or the first difference.
  std::string Differs(SlotId slot, const shm::HandOff& hand_off, int64_t closed) const;
  std::string DiffersWindow(SlotId slot, int64_t n, const shm::SealedWindow& window) const;
  uint64_t UnionOf(int64_t window) const;

  uint64_t seed() const { return seed_; }
  int64_t windows() const { return windows_; }
  int32_t slots() const { return slots_; }

 private:
  uint64_t Draw(SlotId slot, int64_t window, uint64_t what) const;

  uint64_t seed_;
  int64_t windows_;
  int32_t slots_;
};

// --- The processes -------------------------------------------------------------------------------------------

// The whole life of a worker: from where the job stands to the last window. 0: all is published. With
// `die_in_hand_off` it kills itself half way in that one of its publications (the first is number 1).
int RunModelWorker(const shm::JobMemory* memory, const Model& model, SlotId slot, Generation generation,
                   uint64_t die_in_hand_off = 0);
// The whole life of the writer. 0: every window is closed, and all it saw was right; else it says what was wrong.
int RunModelWriter(const shm::JobMemory* memory, const Model& model);

}  // namespace headcount::test
