// Everything that headcount measures for Prometheus, declared in one place: name, type, unit, labels, and what it
// means. Tests hold what is rendered, the alert rules and the page for people against this table. Pure; runs in the
// coordinator.
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
  // What came in.
  kRecords,
  kRecordBytes,
  kVerdicts,
  kInvalid,
  kLostRecords,
  kBatchSeconds,
  // What went out.
  kWindowSeconds,
  kWindowsPublished,
  kLastPublication,
  kLastWindowUsers,
  kClosedUpto,
  kTransactionSeconds,
  // What it waits for.
  kClock,
  kClockHeld,
  kLag,
  kHeldFrames,
  kPartitions,
  kPartitionsExcused,
  // Memory.
  kOpenWindows,
  kOpenWindowUsers,
  kMemoryUsed,
  kMemoryLimit,
  // Each partition, where they are few enough (limits::kMaxPartitionSeries).
  kPartitionLag,
  kPartitionWatermark,
  kPartitionHeldFrames,
};
inline constexpr size_t kMetrics = static_cast<size_t>(Metric::kPartitionHeldFrames) + 1;
inline constexpr size_t kMaxMetricLabels = 2;

enum class MetricType : uint8_t { kCounter, kGauge, kHistogram };

struct MetricSpec {
  Metric metric;
  const char* name;
  MetricType type;
  const char* unit;                                  // as the name says it; empty: none, or what the name counts
  std::array<const char*, kMaxMetricLabels> labels;  // null fills the rest
  const char* help;
};

// By metric.
const std::array<MetricSpec, kMetrics>& MetricTable();
inline const MetricSpec& SpecOf(Metric metric) { return MetricTable()[static_cast<size_t>(metric)]; }
// As Prometheus says it.
const char* Name(MetricType type);

}  // namespace headcount
