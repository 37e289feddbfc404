// What the metrics need beside the status report, made so that no counter ever goes back while the coordinator lives:
// not when a worker dies with what it had read, and not when its successor reads it again. Runs in the coordinator.
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
  // Each record once, those that wait for a window too: where nothing can be counted, no window ever opens.
  VerdictCounts verdicts;
  std::vector<Worker> workers;     // by slot
  std::optional<int64_t> clock_s;  // the slowest watermark of the partitions that are not excused
  int64_t clock_held_ms = 0;       // it has not moved for so long; 0: nobody holds it
};

class MetricCounter {
 public:
  explicit MetricCounter(int32_t slots) : slots_(static_cast<size_t>(slots)) {}

  // What a slot's worker has said by now counts for good: its generation is about to be raised.
  void KeepSlot(const shm::CoordinatorView& view, SlotId slot);
  // What everybody has said by now counts for good: the shared memory is about to be made anew.
  void KeepAll(const shm::CoordinatorView& view);
  // `report` was taken from the same memory, before. `now_ms` is monotonic.
  MetricCounts Take(const shm::CoordinatorView& view, const StatusReport& report, int64_t now_ms);

 private:
  // What a life says of itself alone, and so is added up over lives.
  struct Read {
    uint64_t records = 0;
    uint64_t record_bytes = 0;
    DurationHistogram batches;

    Read& operator+=(const Read& other);
  };
  struct Slot {
    Generation generation;  // whose `read` this is
    Read read;
  };

  void Look(const shm::SlotSnapshot& seen, Slot* slot);
  void LookAtClock(const StatusReport& report, int64_t now_ms, MetricCounts* counts);

  std::vector<Slot> slots_;
  Read read_before_;  // by lives before those in slots_
  DurationHistogram transactions_before_;
  VerdictCounts shown_;         // a death takes back what was not published until it is read again
  int64_t clock_ = 0;           // of the partition that held it when it was looked at last; -1: it had none
  int64_t clock_since_ms_ = 0;  // 0: nobody held it
};

}  // namespace headcount
