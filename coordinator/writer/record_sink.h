// The seam between the writer's loop and the target of records and safe points. The target is Kafka (kafka_sink.h), or
// stdout if the job reads files (stdout_sink.h). Runs in the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/result.h"
#include "common/base/types.h"
#include "common/judge/commit_metadata.h"
#include "common/records/count_record.h"
#include "common/records/record_mark.h"
#include "coordinator/writer/closing.h"
#include "coordinator/writer/start_plan.h"

namespace headcount {

// The state of the job after the takeover.
struct StartState {
  StartPlan plan;
  std::vector<std::optional<Offset>> stop_offsets = {};  // by partition: where --until-end stops; nothing: not known
  // By partition, if `stop_offsets` are known: the partition is empty and has no open transaction either.
  std::vector<bool> began_empty = {};
  // --until-end closes no window that ends after this boundary, because frames of it may come behind the stop offsets.
  // Forever: it closes all windows.
  EventTime last_boundary = EventTime::Forever();
};

enum class OffsetsSeen {
  kStand,         // as they were committed
  kChanged,       // another program has changed some of them: the next commit restores them
  kGone,          // all of them: deleted by hand, or with the topic
  kAnotherTopic,  // the topic that they belong to no longer exists; their own state does not matter
};

class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // How many partitions the input has. At the start kUnavailable means that the cluster does not answer. Later it means
  // that the writer asks again another time.
  virtual Result<int32_t> CountPartitions() = 0;

  // Takes over from the previous writer, reads the start state, and commits it under header.run for these partitions.
  // Fills in header.closed_frontier.
  virtual Result<StartState> TakeOver(int32_t partition_count, CommitHeader* header) = 0;

  // Makes records and safe points durable, together and exactly once. Success means just that, also if the first answer
  // was unclear. An error is final: kTryAgain (gave up on the broker) or kHumanNeeded (another headcount took over).
  virtual Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                              const CommitHeader& header) = 0;

  // How long after a commit the next one should wait for more windows, in milliseconds.
  virtual int64_t LingerMs() const { return 0; }

  // How many windows a transaction should close at most.
  virtual size_t WindowsPerTransaction() const { return limits::kWindowsPerTransaction; }

  // The state of the last committed offsets. kHumanNeeded means that another headcount took over. After any other error
  // the caller asks again another time.
  virtual Result<OffsetsSeen> LookAtOffsets() { return OffsetsSeen::kStand; }

  // Whether the input topic was recreated since the takeover, or since these records were read from it. An error means
  // that the sink cannot tell now.
  virtual Result<bool> InputIsAnother(const std::vector<PlacedMark>& /*marks*/) { return false; }
};

}  // namespace headcount
