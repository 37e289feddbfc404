// Declares every metric that headcount shows to Prometheus, once: name, type, unit, labels and meaning. Tests compare
// the rendered text, the alert rules and the documentation with this table. Pure; runs in the coordinator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace headcount {

// In the order in which they are shown.
enum class Metric : uint8_t {
  // The job.
  kBuildInfo,
  kStartTime,
  kUpdated,
  kState,
  kReady,
  kRestarts,
  // Input.
  kRecords,
  kRecordBytes,
  kVerdicts,
  kInvalid,
  kLostRecords,
  kBatchSeconds,
  // Output.
  kWindowSeconds,
  kWindowsPublished,
  kLastPublished,
  kLastWindowUsers,
  kClosedUpto,
  kTransactionSeconds,
  // Progress: what the job waits for.
  kClock,
  kWatermarkHeld,
  kLag,
  kUnconfirmedFrames,
  kPartitions,
  kPartitionsIdle,
  // Memory.
  kOpenWindows,
  kOpenWindowUsers,
  kMemoryUsed,
  kMemoryLimit,
  // Each partition, up to limits::kMaxPartitionSeries partitions.
  kPartitionLag,
  kPartitionWatermark,
  kPartitionUnconfirmedFrames,
};
inline constexpr size_t kMetrics = static_cast<size_t>(Metric::kPartitionUnconfirmedFrames) + 1;
inline constexpr size_t kMaxMetricLabels = 2;

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

struct MetricSpec {
  Metric metric;
  const char* name;
  MetricType type;
  const char* unit;                                  // as the name says it; empty: none, or the counted thing
  std::array<const char*, kMaxMetricLabels> labels;  // null fills the rest
  const char* help;
};

// Indexed by metric.
const std::array<MetricSpec, kMetrics>& MetricTable();
inline const MetricSpec& SpecOf(Metric metric) { return MetricTable()[static_cast<size_t>(metric)]; }
// Prometheus' word for the type.
const char* Name(MetricType type);

}  // namespace headcount
