// The seam between the writer's loop and where records and safe points go: Kafka (kafka_outlet.h), or stdout
// where files are read (stdout_outlet.h). Runs in the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/limits.h"
#include "common/base/result.h"
#include "common/base/types.h"
#include "common/judge/point_text.h"
#include "common/records/count_record.h"
#include "common/records/record_mark.h"
#include "coordinator/writer/closing.h"
#include "coordinator/writer/start_plan.h"

namespace headcount {

// Where the job stands once the claim is made.
struct Standing {
  StartPlan plan;
  std::vector<std::optional<Offset>> until = {};  // by partition: where --until-end stops, as far as it is known
  // By partition, where `until` is known: nothing at all is there, not even a transaction that is open.
  std::vector<bool> began_empty = {};
  // --until-end closes no window that ends after it: frames of it may come behind those ends. Forever: it closes all.
  EventTime last_boundary = EventTime::Forever();
};

enum class PointsSeen {
  kStand,         // as they were committed
  kChanged,       // somebody else has changed some of them: a commit sets that right
  kGone,          // all of them: deleted by hand, or with the topic
  kAnotherTopic,  // whatever became of them, the topic that they speak of is there no more
};

class Outlet {
 public:
  virtual ~Outlet() = default;

  // How many partitions the input has. At the start: kUnavailable when the cluster does not answer.
  // Later: kUnavailable means ask again another time.
  virtual Result<int32_t> CountPartitions() = 0;

  // Takes over from whoever ran before, reads where things stand, and commits that under header.run, for
  // these partitions. header.closed_upto is filled in.
  virtual Result<Standing> Claim(int32_t partition_count, CommitHeader* header) = 0;

  // Makes records and points durable, together and once. Success means just that, also where the first
  // answer was unclear. An error is final: kTryAgain (gave up on the broker) or kHumanNeeded (another
  // headcount took over).
  virtual Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionPoint>& points,
                              const CommitHeader& header) = 0;

  // How long after a commit the next one had better wait for more to commit.
  virtual int64_t GatherMs() const { return 0; }

  // How many windows a transaction had better close at most.
  virtual size_t WindowsPerTransaction() const { return limits::kWindowsPerTransaction; }

  // How the points stand that were committed last. kHumanNeeded: another headcount took over; any other error: ask
  // again another time.
  virtual Result<PointsSeen> LookAtPoints() { return PointsSeen::kStand; }

  // Whether the input topic is another one of the same name than at the claim, or than the one that these records were
  // read from. An error: it cannot be told now.
  virtual Result<bool> InputIsAnother(const std::vector<PlacedMark>& /*marks*/) { return false; }
};

}  // namespace headcount
