// Turns a status report and the counts beside it into the text that Prometheus reads. Pure; runs in the coordinator.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/metrics/metric_counts.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// The values that do not change while the job runs.
struct MetricConstants {
  std::string version;
  std::string librdkafka;
  int64_t started_at_ms = 0;  // wall clock
  uint64_t memory_bytes = 0;  // of one worker
};

std::string MetricsText(const MetricConstants& constants, const StatusReport& report, const MetricCounts& counts);

}  // namespace headcount
