// Publishes the metrics to a file, over HTTP, or not at all, as the user asked. Runs in the coordinator, which calls it
// once a second with the status.
#pragma once

#include <cstdint>
#include <optional>

#include "common/job/run_options.h"
#include "common/shm/coordinator_view.h"
#include "coordinator/metrics/http_server.h"
#include "coordinator/metrics/metric_counts.h"
#include "coordinator/metrics/metrics_text.h"
#include "coordinator/status/file_publisher.h"
#include "coordinator/status/status_report.h"

namespace headcount {

class MetricsPublisher {
 public:
  // `file` and `server` are empty if the user did not ask for them.
  MetricsPublisher(const RunOptions& options, std::optional<FilePublisher> file, std::optional<HttpServer> server);

  // As MetricCounter.
  void KeepSlot(const shm::CoordinatorView& view, SlotId slot) { counter_.KeepSlot(view, slot); }
  void KeepAll(const shm::CoordinatorView& view) { counter_.KeepAll(view); }

  // `report` was just taken from `view`. The last call tells how the job ended, and that stays in the file. A collector
  // looks at intervals, and must find a job that has ended since. Over HTTP no scraper sees it, because the job is gone
  // before the next scrape.
  void Publish(const shm::CoordinatorView& view, const StatusReport& report, int64_t now_ms);

  // Never waits for a client. The caller calls it when WaitFd() or WaitMs() tells so.
  void Serve(int64_t now_ms);
  int WaitFd(int64_t now_ms) const { return server_ ? server_->WaitFd(now_ms) : -1; }
  int WaitMs(int64_t now_ms, int longest_ms) const {
    return server_ ? server_->WaitMs(now_ms, longest_ms) : longest_ms;
  }

 private:
  const MetricConstants constants_;
  MetricCounter counter_;
  std::optional<FilePublisher> file_;
  std::optional<HttpServer> server_;
  HttpPages pages_;
};

}  // namespace headcount
