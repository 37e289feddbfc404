// The writer's loop: makes the claim, watches the topic for new partitions, unites the sealed windows that every worker
// has passed, and commits their records with the safe points. Runs in the writer (writer.h starts it), and in tests
// that put an outlet of their own in and take its rounds one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/partition_plan.h"
#include "common/base/result.h"
#include "common/base/types.h"
#include "common/judge/point.h"
#include "common/judge/point_text.h"
#include "common/records/verdict.h"
#include "common/shm/writer_view.h"
#include "coordinator/writer/closing.h"
#include "coordinator/writer/outlet.h"
#include "coordinator/writer/writer.h"

namespace headcount {

class WriterLoop {
 public:
  // `start` and all it points to outlive the loop.
  WriterLoop(const WriterStart& start, std::unique_ptr<Outlet> outlet);

  // The whole life: claims, publishes until the workers have made their last publications.
  Result<void> Run();

  // --- The same in steps, which wait for nothing but the outlet ---------------------------------------------
  // Counts the partitions, claims, and lets the workers read.
  Result<void> Start();
  // One round; answers whether everything is done.
  Result<bool> Round();
  // Looks whether the topic has grown, if it is time to.
  Result<void> WatchPartitions();
  // Looks whether somebody else has changed the committed points, or made the topic anew, if it is time to.
  Result<void> WatchPoints();

 private:
  Result<void> StartPatiently();
  void ShowStart(const Standing& standing);
  void Gather();
  Publications TakePublications() const;
  Result<void> CloseUpTo(const Publications& publications, WindowStart upto);
  bool MustCommit(const Publications& publications, WindowStart upto, bool ending) const;
  bool MustCloseAll() const;
  void LogLeftOpen() const;
  void TakePoints(const Publications& publications, WindowStart upto);
  void ShowClosed(const Publications& publications, WindowStart upto);
  Result<bool> LookAtPoints();
  struct Read {
    std::optional<RecordMark> mark;
    std::optional<Offset> position;
  };
  Read ReadOf(PartitionId p) const;
  Result<bool> InputIsAnother();
  Result<void> InputMadeAnew();
  Result<uint64_t> BeginAnew(int32_t partition_count);
  Error TooManyPartitions(int32_t count) const;
  void AddPartitions(int32_t count);
  bool DrainTimeIsUp();
  std::vector<PartitionPoint> AllPoints() const;

  // Fixed after construction.
  const WriterStart& start_;
  const PartitionPlan plan_;
  shm::WriterView view_;
  const std::unique_ptr<Outlet> outlet_;

  CommitHeader header_;                             // of the last transaction
  std::vector<SafePoint> points_;                   // by partition, as committed last
  std::vector<Offset> positions_;                   // by partition, of the judges at the last commit
  EventTime last_boundary_ = EventTime::Forever();  // Standing::last_boundary
  int64_t committed_ms_ = 0;
  int64_t partitions_watched_ms_ = 0;
  int64_t points_watched_ms_ = 0;
  bool points_disturbed_ = false;
  std::vector<Read> read_;  // by partition, before the points were last seen to stand: so it was of the same topic
  int64_t missing_since_ms_ = 0;   // the input topic, by its broker's word; 0: it is there
  int64_t draining_since_ms_ = 0;  // 0: not draining
  VerdictCounts published_;
  uint64_t minutes_ = 0;
  DurationHistogram transactions_;
};

}  // namespace headcount
