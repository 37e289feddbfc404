// A worker's loop. It reads the partitions of its slot, furthest behind first, judges every frame, and aggregates the
// users. It seals windows as far as the watermarks of its partitions allow. Runs in the worker (worker.h starts it),
// and in tests that pass a source of their own and run single rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/decode/json/scanning_frame_decoder.h"
#include "common/shm/worker_view.h"
#include "worker/frame_source.h"
#include "worker/partition_reader.h"
#include "worker/rejection_log.h"
#include "worker/window_store.h"
#include "worker/worker.h"

namespace headcount {

class WorkerLoop {
 public:
  // `start` and all it points to outlive the loop.
  WorkerLoop(const WorkerStart& start, std::unique_ptr<FrameSource> source);

  // The whole loop: waits for the takeover, reads everything, makes the last hand-off.
  Result<void> Run();

  // --- The same in steps; a step waits only for memory in a full slice ------------------------------------------
  // Stores that this generation has begun.
  void BeginGeneration();
  // Call it after the takeover (shm::WorkerView::taken_over). Reads from the safe points on.
  Result<void> StartReading();
  enum class RoundEnd {
    kBusy,  // the worker read something: there may be more at once
    kIdle,  // nothing to read now: wait for work
    kLast,  // the last hand-off is made: all is read, or drained
  };
  Result<RoundEnd> Round();

  // By index. For tests, which see here what the worker forgets between two hand-offs.
  const std::vector<std::unique_ptr<PartitionReader>>& readers() const { return readers_; }
  const WindowStore& windows() const { return *store_; }

 private:
  // --- Start ------------------------------------------------------------------------------------------------
  bool WaitForTakeOver();
  Result<void> AddPartitions(int32_t partition_count);
  SafePoint StartOf(PartitionId p) const;

  // --- One round of the loop --------------------------------------------------------------------------------
  Result<void> TakeNews();
  Result<bool> ReadOneBatch();
  std::vector<PartitionReader*> ReadersByWatermark() const;
  void UpdateIdleness();
  Result<void> SealWhatIsPossible();
  WindowStart SealableNow() const;
  WindowStart SealableWhereAllAreIdle() const;
  Result<void> HandOffIfDue();
  Result<void> HandOff(bool last);
  bool NothingLeftToDo() const;
  void ShowStatusIfDue();
  void ShowStatus();
  void WaitForWork();

  // --- The low watermark ------------------------------------------------------------------------------------
  shm::LowWatermark OwnLowWatermark() const;
  void ShowOwnLowWatermark();
  void RefreshLowWatermarks();
  void WakeIfAsleep();
  void Wake(int64_t woken_ms);
  shm::LowWatermark JobLowWatermark() const { return Slower(own_low_watermark_, others_low_watermark_); }
  EventTime NotBeyond() const { return JobLowWatermark().slowest.plus(start_.options->max_skew_s); }

  // --- Memory -----------------------------------------------------------------------------------------------
  bool WaitForMemory();
  bool MayGetMemory() const;
  bool WriterCanCloseSome() const;
  bool UnderMemoryPressure() const;
  Error OutOfMemory() const;

  bool parent_gone() const { return IsHungUp(start_.parent_fd); }

  // Fixed after construction.
  const WorkerStart& start_;
  shm::WorkerView view_;
  const std::unique_ptr<FrameSource> source_;
  ScanningFrameDecoder decoder_;
  RejectionLog rejections_;

  // Set by the takeover.
  std::unique_ptr<WindowStore> store_;
  std::vector<std::unique_ptr<PartitionReader>> readers_;  // by index
  std::vector<PartitionId> partitions_;                    // by index
  int32_t partition_count_ = 0;                            // of the topic, as far as readers_ covers it
  WindowStart closed_frontier_;
  WindowStart handed_off_frontier_;
  shm::LowWatermark own_low_watermark_{EventTime::Unset(), false};
  shm::LowWatermark others_low_watermark_{EventTime::Unset(), false};
  int64_t woken_ms_ = 0;  // the last wake of the job that the partitions know of

  int64_t now_ms_ = 0;  // of this round
  uint64_t records_ = 0;
  DurationHistogram batches_;  // of those batches that took a record
  uint64_t records_handed_off_ = 0;
  int64_t handed_off_ms_ = 0;
  int64_t status_shown_ms_ = 0;
  size_t next_to_ask_ = 0;  // the index of the partition that may next ask for its end offset
};

}  // namespace headcount
