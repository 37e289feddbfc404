// Makes the numbers that the metrics need beside the status report. No counter goes back while the coordinator lives,
// neither when a worker dies with records it had read, nor when its successor reads them again. Runs in the
// coordinator.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/duration_histogram.h"
#include "common/base/types.h"
#include "common/records/verdict.h"
#include "common/shm/coordinator_view.h"
#include "coordinator/status/status_report.h"

namespace headcount {

struct MetricCounts {
  struct Worker {
    uint64_t open_windows = 0;
    uint64_t open_users = 0;
  };

  uint64_t records = 0;  // read, also again
  uint64_t record_bytes = 0;
  DurationHistogram batches;
  DurationHistogram transactions;
  // Counts each record once, unattributed verdicts too: if no frame can be counted, no window ever opens.
  VerdictCounts verdicts;
  std::vector<Worker> workers;     // by slot
  std::optional<int64_t> clock_s;  // the low watermark: the slowest of the partitions that are not idle
  int64_t clock_held_ms = 0;       // how long the low watermark has stood still; 0: all partitions are idle
};

class MetricCounter {
 public:
  explicit MetricCounter(int32_t slots) : slots_(static_cast<size_t>(slots)) {}

  // Adds the counts of a slot's worker to the kept ones. Called before the slot's generation is raised.
  void KeepSlot(const shm::CoordinatorView& view, SlotId slot);
  // Adds the counts of all children to the kept ones. Called before the coordinator resets the shared memory.
  void KeepAll(const shm::CoordinatorView& view);
  // `report` was taken from the same memory just before. `now_ms` is monotonic.
  MetricCounts Take(const shm::CoordinatorView& view, const StatusReport& report, int64_t now_ms);

 private:
  // Counts that a generation stores for itself alone; they are added up over generations.
  struct Read {
    uint64_t records = 0;
    uint64_t record_bytes = 0;
    DurationHistogram batches;

    Read& operator+=(const Read& other);
  };
  struct Slot {
    Generation generation;  // the generation of `read`
    Read read;
  };

  void Look(const shm::SlotSnapshot& seen, Slot* slot);
  void LookAtLowWatermark(const StatusReport& report, int64_t now_ms, MetricCounts* counts);

  std::vector<Slot> slots_;
  Read read_before_;  // by generations before those in slots_
  DurationHistogram transactions_before_;
  VerdictCounts shown_;         // a death takes back what was not published until it is read again
  int64_t clock_ = 0;           // the low watermark at the last look; -1: it had none
  int64_t clock_since_ms_ = 0;  // 0: all partitions were idle
};

}  // namespace headcount
