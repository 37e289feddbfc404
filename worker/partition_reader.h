// Reads one partition in its worker: takes frames from the source, decodes and judges them, and knows whether the
// partition is idle. Runs in the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/base/wakeup.h"
#include "common/decode/frame_decoder.h"
#include "common/job/run_options.h"
#include "common/judge/judge.h"
#include "common/sets/fingerprint.h"
#include "common/shm/worker_view.h"
#include "worker/frame_source.h"
#include "worker/idleness_policy.h"
#include "worker/rejection_log.h"
#include "worker/uncounted_watch.h"
#include "worker/window_store.h"

namespace headcount {

// The tools with which every partition of a worker reads. All of them outlive the readers.
struct ReadingTools {
  const RunOptions* options;
  FrameSource* source;
  FrameDecoder* decoder;
  FingerprintKey key;
  WindowStore* store;
  shm::WorkerView* view;
  RejectionLog* rejections = nullptr;  // null: rejections are not logged
};

class PartitionReader {
 public:
  // `index` is the partition's index in the worker. `stop_offset`: --until-end reads up to there. nullopt: no stop
  // offset, or files, whose end the source knows.
  PartitionReader(const ReadingTools& tools, PartitionId partition, size_t index, const SafePoint& start,
                  std::optional<Offset> stop_offset, int64_t now_ms);

  // --- Reading ----------------------------------------------------------------------------------------------
  // Judges up to `max` frames that have arrived, as long as the watermark is not after `not_beyond`. Returns the number
  // of records taken. 0: none has arrived, or none may be read.
  Result<size_t> ReadSome(size_t max, EventTime not_beyond, int64_t now_ms);
  // Whether the last ReadSome() raised the watermark or met a frame that may still do so. Invalid and late frames do
  // not tell the present time of their producers.
  bool told_time() const { return told_time_; }
  // Whether the worker may judge a record now, if one were here.
  bool MayRead(EventTime not_beyond) const;

  // --- Idleness ----------------------------------------------------------------------------------------------
  // Looks at the end of the partition. With `may_ask` it may ask the leader, which blocks. True: it asked. Settles the
  // unconfirmed frames when the partition becomes idle.
  bool UpdateIdleness(WindowStart frontier_of_others, bool may_ask, int64_t now_ms);
  // All partitions of the job were idle until a record came at `woken_ms`: this one holds again.
  void OnJobWoken(int64_t woken_ms) { policy_.OnJobWoken(woken_ms); }
  // The worker seals up to `frontier`, past this idle partition.
  void Pass(WindowStart frontier) { judge_.MarkIdle(WallClock(), frontier); }
  // The record at `offset` killed earlier workers. Ignored if the replay does not reach it again.
  void AddPoison(Offset offset);

  // --- For the worker's hand-offs ------------------------------------------------------------------------
  shm::PartitionProgress Progress() const;
  void ForgetClosedDecisions() { judge_.ForgetDecisionsBelow(tools_.store->EarliestNeeded(index_, judge_.offset())); }
  void ForgetWindow() { sink_.ForgetWindow(); }
  shm::PartitionStatus Status(EventTime not_beyond, int64_t now_ms) const;

  PartitionId partition() const { return partition_; }
  // The watermark by which partitions are compared. It is the judge's own, unless the judge still uses an older rule.
  EventTime watermark() const { return judge_.sealing_watermark(); }
  bool idle() const { return policy_.idle(); }
  // --until-end: the worker has judged everything up to the stop offset.
  bool reached_stop_offset() const { return reached_stop_offset_; }
  // Whether the partition has records that the worker has not judged, as far as the source knows. An unknown end counts
  // as yes.
  bool HasMore() const;
  const VerdictCounts& unattributed() const { return judge_.unattributed(); }
  // Of all records taken so far.
  uint64_t record_bytes() const { return record_bytes_; }
  uint64_t lost_unconfirmed() const { return judge_.lost_unconfirmed(); }
  // Records without a value that the reader skipped (--tombstones ignore).
  uint64_t tombstones() const { return tombstones_; }
  // Logs once that no record of the partition could be counted for long enough.
  void TellIfUncounted(int64_t now_ms);

 private:
  void JudgeFrame(const SourceFrame& frame);
  void JudgeInvalid(const SourceFrame& frame, InvalidReason reason);
  void Describe(const SourceFrame& frame, InvalidReason reason);
  void TakePoisonLeft(Offset offset);
  bool ReachedStopOffset() const;
  bool StandsBeforePoison() const;
  Error NothingButPoison() const;
  std::string Place(Offset offset) const { return PlaceOf(*tools_.options, partition_, offset); }
  // Whether a commit will make space for the next decision.
  enum class Space {
    kMayCome,    // once the windows are closed that this partition's watermark allows
    kNone,       // they are closed, and all decisions lie in a window that only its watermark can close
    kInNextRun,  // the same, and --until-end does not close that window: the next run reads the rest
  };
  Space SpaceForDecisions() const;
  void WaitForSpaceForDecisions();
  void MakeSpaceForPoison();
  PartitionFacts Facts(WindowStart frontier_of_others) const;

  // Fixed after construction.
  const ReadingTools tools_;
  const PartitionId partition_;
  const size_t index_;
  const std::optional<Offset> stop_offset_;

  PartitionSink sink_;
  Judge judge_;
  IdlenessPolicy policy_;
  FrameBatch batch_;  // taken from the source ...
  size_t next_ = 0;   // ... and judged up to here
  uint64_t record_bytes_ = 0;
  bool reached_stop_offset_ = false;
  bool told_time_ = false;
  uint64_t tombstones_ = 0;
  int64_t now_ms_ = 0;  // of this batch
  UncountedWatch uncounted_;
  std::string first_invalid_;        // a description, while nothing of the partition can be counted
  std::vector<Offset> poison_left_;  // poison for whose decisions there was no space
};

}  // namespace headcount
