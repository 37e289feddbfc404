#include "coordinator/metrics/metrics_publisher.h"

#include <memory>
#include <utility>

#include "common/base/clock.h"
#include "common/kafka/version.h"
#include "coordinator/text/version.h"

namespace headcount {

MetricsPublisher::MetricsPublisher(const RunOptions& options, std::optional<FilePublisher> file,
                                   std::optional<HttpServer> server)
    : constants_{Version(), kafka::LibraryVersion(), WallClockMs(), options.memory_bytes},
      counter_(options.workers),
      file_(std::move(file)),
      server_(std::move(server)) {}

void MetricsPublisher::Publish(const shm::CoordinatorView& view, const StatusReport& report, int64_t now_ms) {
  if (!file_ && !server_) return;
  auto text = std::make_shared<const std::string>(MetricsText(constants_, report, counter_.Take(view, report, now_ms)));
  if (file_) file_->Publish(*text);
  if (!server_) return;
  pages_ = {std::move(text), HealthSaidBy(report, false), HealthSaidBy(report, true)};
}

void MetricsPublisher::Serve(int64_t now_ms) {
  if (server_) server_->Serve(pages_, now_ms);
}

}  // namespace headcount
