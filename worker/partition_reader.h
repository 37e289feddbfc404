// One partition in its worker: takes frames from the source, decodes and judges them, and knows whether the
// partition is excused. Runs in the worker.
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
#include "worker/excuse_policy.h"
#include "worker/frame_notes.h"
#include "worker/frame_source.h"
#include "worker/uncounted_watch.h"
#include "worker/window_store.h"

namespace headcount {

// What every partition of a worker reads with. All of it outlives the readers.
struct ReadingTools {
  const RunOptions* options;
  FrameSource* source;
  FrameDecoder* decoder;
  FingerprintKey key;
  WindowStore* store;
  shm::WorkerView* view;
  FrameNotes* notes = nullptr;  // null: nobody wants to know
};

class PartitionReader {
 public:
  // `place` is the partition's place in the worker. `until`: --until-end reads up to there; nothing with
  // files, whose end the source knows.
  PartitionReader(const ReadingTools& tools, PartitionId partition, size_t place, const SafePoint& start,
                  std::optional<Offset> until, int64_t now_ms);

  // --- Reading ----------------------------------------------------------------------------------------------
  // Judges up to `max` frames that are here, as long as the watermark is not after `not_beyond`. Answers how
  // many records were taken; 0: nothing here, or nothing allowed.
  Result<size_t> ReadSome(size_t max, EventTime not_beyond, int64_t now_ms);
  // Whether the last ReadSome() moved the watermark or met a frame that may yet do so: what is invalid or late says
  // nothing of the time its producers live in.
  bool told_time() const { return told_time_; }
  // Whether a record may be judged now, were one here.
  bool MayRead(EventTime not_beyond) const;

  // --- Excuses ----------------------------------------------------------------------------------------------
  // Looks at the end of the partition; at most one in a call of UpdateExcuse may ask the leader, which
  // blocks. Answers whether it did. Settles the held frames when the partition becomes excused.
  bool UpdateExcuse(WindowStart boundary_of_others, bool may_ask, int64_t now_ms);
  // All partitions of the job were excused until a record came at `woken_ms`: this one holds the clock again.
  void OnJobWoken(int64_t woken_ms) { policy_.OnJobWoken(woken_ms); }
  // A seal up to `upto` passes this excused partition.
  void Pass(WindowStart upto) { judge_.Excuse(WallClock(), upto); }
  // The record at `offset` killed earlier workers; one that the replay will not reach again is passed over.
  void AddPoison(Offset offset);

  // --- For the worker's publications ------------------------------------------------------------------------
  shm::Step MakeStep() const;
  void ForgetClosedMoves() { judge_.ForgetMovesBelow(tools_.store->EarliestNeeded(place_, judge_.offset())); }
  void ForgetWindow() { sink_.ForgetWindow(); }
  shm::PartitionStatus Status(EventTime not_beyond, int64_t now_ms) const;

  PartitionId partition() const { return partition_; }
  // By which partitions are compared; the judge's own, but where it still judges by an older rule.
  EventTime watermark() const { return judge_.sealing_clock(); }
  bool excused() const { return policy_.excused(); }
  // --until-end: all that was there at the start has been judged.
  bool read_to_until() const { return read_to_until_; }
  // The next offset to read, and whether more is known to be there.
  bool HasMore() const;
  const VerdictCounts& waiting() const { return judge_.waiting(); }
  // Of all records taken so far.
  uint64_t record_bytes() const { return record_bytes_; }
  uint64_t lost_held() const { return judge_.lost_held(); }
  // Records without a value that were passed over (--tombstones ignore).
  uint64_t tombstones() const { return tombstones_; }
  // Says so, once, where nothing of it could be counted for long enough.
  void TellIfUncounted(int64_t now_ms);

 private:
  void JudgeFrame(const SourceFrame& frame);
  void JudgeInvalid(const SourceFrame& frame, InvalidReason reason);
  void Describe(const SourceFrame& frame, InvalidReason reason);
  void TakePoisonLeft(Offset offset);
  bool AtUntil() const;
  bool StandsBeforePoison() const;
  Error NothingButPoison() const;
  std::string Place(Offset offset) const { return PlaceOf(*tools_.options, partition_, offset); }
  // Whether a commit will make space for the move of what is to be read next.
  enum class Space {
    kMayCome,    // once the windows are closed that this partition's clock allows
    kNone,       // they are closed, and all moves lie in a window that only its clock can close
    kInNextRun,  // likewise, and --until-end does not close that window: the rest is for the next start
  };
  Space SpaceForMoves() const;
  void WaitForSpaceForMoves();
  void MakeRoomForPoison();
  PartitionFacts Facts(WindowStart boundary_of_others) const;

  // Fixed after construction.
  const ReadingTools tools_;
  const PartitionId partition_;
  const size_t place_;
  const std::optional<Offset> until_;

  PartitionSink sink_;
  Judge judge_;
  ExcusePolicy policy_;
  FrameBatch batch_;  // taken from the source ...
  size_t next_ = 0;   // ... and judged up to here
  uint64_t record_bytes_ = 0;
  bool read_to_until_ = false;
  bool told_time_ = false;
  uint64_t tombstones_ = 0;
  int64_t now_ms_ = 0;  // of this batch
  UncountedWatch uncounted_;
  std::string first_invalid_;        // a description, while nothing of the partition can be counted
  std::vector<Offset> poison_left_;  // for whose moves there was no room
};

}  // namespace headcount
