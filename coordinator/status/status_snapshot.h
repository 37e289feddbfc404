// Makes the status report from the supervisor's view and the shared memory. Runs in the coordinator.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/base/partition_plan.h"
#include "common/base/types.h"
#include "common/job/run_options.h"
#include "common/shm/coordinator_view.h"
#include "coordinator/status/status_report.h"
#include "coordinator/status/supervision_view.h"

namespace headcount {

class StatusSnapshot {
 public:
  StatusSnapshot(const RunOptions* options, int64_t coordinator_pid);

  // Called when the writer has died, before the coordinator resets the shared memory: the minutes that the writer had
  // published still count.
  void KeepTotals(const shm::CoordinatorView& view);
  // Rates are those since the last call. `now_ms` is monotonic.
  StatusReport Take(const shm::CoordinatorView& view, const SupervisionView& supervision, int64_t now_ms);

 private:
  void AddWorkers(const shm::CoordinatorView& view, const std::vector<SupervisionView::Child>& workers, int64_t now_ms,
                  StatusReport* report);
  void AddPartitions(const shm::CoordinatorView& view, StatusReport* report);
  std::vector<PublishedMinute> RecentMinutes(const shm::CoordinatorView& view) const;
  std::vector<StatusReport::Rejected> Rejected(const shm::CoordinatorView& view, int64_t wall_ms);
  int64_t CommittingMs(const shm::WriterSnapshot& writer, int64_t now_ms) const;
  int64_t UnmovedSinceMs(const StatusReport::Partition& partition, int64_t now_ms);
  int64_t TransactionSinceMs(const StatusReport::Partition& partition, int64_t now_ms);

  const RunOptions* options_;
  const PartitionPlan plan_;
  const int64_t coordinator_pid_;
  std::vector<uint64_t> records_before_;  // by slot
  int64_t before_ms_ = 0;
  VerdictCounts published_before_;  // by writers that have died
  uint64_t minutes_before_ = 0;
  int64_t committing_before_ms_ = 0;  // since when a dead writer had tried to commit; 0: committed since
  uint64_t lost_before_ = 0;          // with recreated topics
  std::vector<PublishedMinute> recent_before_;
  struct Unmoved {
    int64_t at = 0;        // the watermark, or the offset
    int64_t since_ms = 0;  // wall clock; 0: never seen
  };
  std::vector<Unmoved> unmoved_;          // by partition
  std::vector<Unmoved> transactions_;     // by partition: open transactions, by their offset
  std::vector<RejectedFrames> rejected_;  // by slot, as last seen
  std::array<StatusReport::Rejected, kRejectedKinds> last_rejected_;
};

}  // namespace headcount
