// The writer's loop. It makes the takeover, watches the topic for new partitions, merges the windows that every worker
// has sealed, and commits their records with the safe points. Runs in the writer (writer.h starts it). Tests give it a
// sink of their own and call its rounds one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/partition_plan.h"
#include "common/base/result.h"
#include "common/base/types.h"
#include "common/judge/commit_metadata.h"
#include "common/judge/judge_state.h"
#include "common/records/verdict.h"
#include "common/shm/writer_view.h"
#include "coordinator/writer/closing.h"
#include "coordinator/writer/record_sink.h"
#include "coordinator/writer/writer.h"

namespace headcount {

class WriterLoop {
 public:
  // `start` and all it points to outlive the loop.
  WriterLoop(const WriterStart& start, std::unique_ptr<RecordSink> sink);

  // Runs from the takeover until the workers have made their last hand-offs and all is committed.
  Result<void> Run();

  // --- The same in steps, which wait for nothing but the sink ---------------------------------------------
  // Counts the partitions, takes over, and lets the workers read.
  Result<void> Start();
  // One round; returns whether everything is done.
  Result<bool> Round();
  // Looks whether the topic has grown, if it is time to.
  Result<void> WatchPartitions();
  // Looks whether another program has changed the committed offsets, or recreated the topic, if it is time to.
  Result<void> WatchOffsets();

 private:
  Result<void> StartWithRetry();
  void ShowStartState(const StartState& start_state);
  void Linger();
  HandOffs TakeHandOffs() const;
  Result<void> CloseUpTo(const HandOffs& hand_offs, WindowStart frontier);
  bool MustCommit(const HandOffs& hand_offs, WindowStart frontier, bool ending) const;
  bool MustCloseAll() const;
  void LogLeftOpen() const;
  void TakePoints(const HandOffs& hand_offs, WindowStart frontier);
  void ShowClosed(const HandOffs& hand_offs, WindowStart frontier);
  Result<bool> LookAtOffsets();
  struct Read {
    std::optional<RecordMark> mark;
    std::optional<Offset> position;
  };
  Read ReadOf(PartitionId p) const;
  Result<bool> InputIsAnother();
  Result<void> InputRecreated();
  Result<uint64_t> BeginAnew(int32_t partition_count);
  Error TooManyPartitions(int32_t count) const;
  void AddPartitions(int32_t count);
  bool DrainTimeIsUp();
  std::vector<PartitionSafePoint> AllPoints() const;

  // Fixed after construction.
  const WriterStart& start_;
  const PartitionPlan plan_;
  shm::WriterView view_;
  const std::unique_ptr<RecordSink> sink_;

  CommitHeader header_;                             // of the last transaction
  std::vector<SafePoint> points_;                   // by partition, as committed last
  std::vector<Offset> positions_;                   // by partition, of the judges at the last commit
  EventTime last_boundary_ = EventTime::Forever();  // StartState::last_boundary
  int64_t committed_ms_ = 0;
  int64_t partitions_watched_ms_ = 0;
  int64_t offsets_watched_ms_ = 0;
  bool offsets_overwritten_ = false;
  std::vector<Read> read_;         // by partition, read before the last look that found the offsets unchanged
  int64_t missing_since_ms_ = 0;   // since when the broker lacks the input topic; 0: it exists
  int64_t draining_since_ms_ = 0;  // 0: not draining
  VerdictCounts published_;
  uint64_t minutes_ = 0;
  DurationHistogram transactions_;
};

}  // namespace headcount
