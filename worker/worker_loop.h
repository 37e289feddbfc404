// A worker's loop: reads the partitions of its slot, furthest behind first, judges every frame, aggregates, and seals
// windows as far as the watermarks of its partitions allow. Runs in the worker (worker.h starts it), and in tests that
// put a source of their own in and take its rounds one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/decode/json/scanning_frame_decoder.h"
#include "common/shm/worker_view.h"
#include "worker/frame_notes.h"
#include "worker/frame_source.h"
#include "worker/partition_reader.h"
#include "worker/window_store.h"
#include "worker/worker.h"

namespace headcount {

class WorkerLoop {
 public:
  // `start` and all it points to outlive the loop.
  WorkerLoop(const WorkerStart& start, std::unique_ptr<FrameSource> source);

  // The whole life: waits for the claim, reads it all, makes the last publication.
  Result<void> Run();

  // --- The same in steps, none of which waits but for room in a full slice --------------------------------------
  // Says that this life has begun.
  void BeginLife();
  // Once the claim is there (shm::WorkerView::claimed): reads from the start points on.
  Result<void> StartReading();
  enum class RoundEnd {
    kBusy,  // something was read: there may be more at once
    kIdle,  // nothing to read now: wait for work
    kLast,  // the last publication is made: all is read, or drained
  };
  Result<RoundEnd> Round();

  // By place. For tests that look on: what is forgotten between two publications nobody else can see.
  const std::vector<std::unique_ptr<PartitionReader>>& readers() const { return readers_; }
  const WindowStore& windows() const { return *store_; }

 private:
  // --- Start ------------------------------------------------------------------------------------------------
  bool WaitForClaim();
  Result<void> AddPartitions(int32_t partition_count);
  SafePoint StartOf(PartitionId p) const;

  // --- One round of the loop --------------------------------------------------------------------------------
  Result<void> TakeNews();
  Result<bool> ReadOneBatch();
  std::vector<PartitionReader*> ReadersByWatermark() const;
  void UpdateExcuses();
  Result<void> SealWhatIsPossible();
  WindowStart SealableNow() const;
  WindowStart SealableWhereAllAreExcused() const;
  Result<void> PublishIfDue();
  Result<void> Publish(bool last);
  bool NothingLeftToDo() const;
  void ShowStatusIfDue();
  void ShowStatus();
  void WaitForWork();

  // --- The clock --------------------------------------------------------------------------------------------
  shm::Clock OwnClock() const;
  void ShowOwnClock();
  void RefreshClocks();
  void WakeIfAsleep();
  void Wake(int64_t woken_ms);
  shm::Clock JobClock() const { return Slower(own_clock_, others_clock_); }
  EventTime NotBeyond() const { return JobClock().slowest.plus(start_.options->max_skew_s); }

  // --- Memory -----------------------------------------------------------------------------------------------
  bool WaitForRoom();
  bool MayGetRoom() const;
  bool WriterCanCloseSome() const;
  bool Crowded() const;
  Error OutOfMemory() const;

  bool parent_gone() const { return IsHungUp(start_.parent_fd); }

  // Fixed after construction.
  const WorkerStart& start_;
  shm::WorkerView view_;
  const std::unique_ptr<FrameSource> source_;
  ScanningFrameDecoder decoder_;
  FrameNotes notes_;

  // From the claim on.
  std::unique_ptr<WindowStore> store_;
  std::vector<std::unique_ptr<PartitionReader>> readers_;  // by place
  std::vector<PartitionId> partitions_;                    // by place
  int32_t partition_count_ = 0;                            // of the topic, as far as readers_ covers it
  WindowStart closed_upto_;
  WindowStart published_sealed_upto_;
  shm::Clock own_clock_{EventTime::Unset(), false};
  shm::Clock others_clock_{EventTime::Unset(), false};
  int64_t woken_ms_ = 0;  // the last wake of the job that the partitions know of

  int64_t now_ms_ = 0;  // of this round
  uint64_t records_ = 0;
  DurationHistogram batches_;  // of those in which something was taken
  uint64_t records_published_ = 0;
  int64_t published_ms_ = 0;
  int64_t status_shown_ms_ = 0;
  size_t next_to_ask_ = 0;  // takes turns with questions for end offsets
};

}  // namespace headcount
