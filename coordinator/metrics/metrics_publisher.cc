#include "coordinator/metrics/metrics_publisher.h"

#include "common/clock.h"
#include "common/kafka/version.h"
#include "coordinator/version.h"

namespace headcount {
namespace {

constexpr FilePublisher::Words kFileWords = {"metrics file", "--metrics-file", LogAction::kMetricsFileFailed,
                                             LogAction::kMetricsFileRestored};

}  // namespace

MetricsPublisher::MetricsPublisher(const RunOptions& options)
    : constants_{Version(), kafka::LibraryVersion(), WallClockMs(), options.memory_bytes}, counter_(options.workers) {
  if (!options.metrics_file.empty()) file_.emplace(kFileWords, options.metrics_file);
}

void MetricsPublisher::Publish(const shm::CoordinatorView& view, const StatusReport& report, int64_t now_ms) {
  if (!file_) return;
  file_->Publish(MetricsText(constants_, report, counter_.Take(view, report, now_ms)));
}

}  // namespace headcount
