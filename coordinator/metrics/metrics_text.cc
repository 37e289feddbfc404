#include "coordinator/metrics/metrics_text.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "common/base/limits.h"
#include "common/records/verdict.h"
#include "coordinator/metrics/exposition_text.h"
#include "coordinator/status/health.h"

namespace headcount {
namespace {

constexpr std::array<const char*, 5> kStates = {"starting", "running", "draining", "done", "failed"};
constexpr std::array<const char*, 4> kReadingStates = {"reading", "caught_up", "ahead", "unknown"};
constexpr std::array<const char*, 4> kIdleReasons = {"silent", "at_end", "empty", "max_hold"};

using Partition = StatusReport::Partition;

uint64_t CountOf(const StatusReport& report, const std::function<bool(const Partition&)>& which) {
  return static_cast<uint64_t>(std::count_if(report.partitions.begin(), report.partitions.end(), which));
}

void AddJob(const MetricConstants& constants, const StatusReport& report, ExpositionText* text) {
  text->Add(Metric::kBuildInfo, {constants.version, constants.librdkafka}, uint64_t{1});
  text->AddMs(Metric::kStartTime, {}, constants.started_at_ms);
  text->AddMs(Metric::kUpdated, {}, report.updated_at_ms);
  for (const char* state : kStates) text->Add(Metric::kState, {state}, uint64_t{report.state == state});
  text->Add(Metric::kReady, {}, uint64_t{HealthSaidBy(report, true).well});
  uint64_t restarts = 0;
  for (const StatusReport::Worker& worker : report.workers) restarts += worker.restarts;
  text->Add(Metric::kRestarts, {"writer"}, report.writer.restarts);
  text->Add(Metric::kRestarts, {"worker"}, restarts);
}

void AddInput(const StatusReport& report, const MetricCounts& counts, ExpositionText* text) {
  text->Add(Metric::kRecords, {}, counts.records);
  text->Add(Metric::kRecordBytes, {}, counts.record_bytes);
  text->Add(Metric::kVerdicts, {"counted"}, counts.verdicts.counted);
  text->Add(Metric::kVerdicts, {"late"}, counts.verdicts.late);
  text->Add(Metric::kVerdicts, {"invalid"}, counts.verdicts.invalid());
  text->Add(Metric::kVerdicts, {"future"}, counts.verdicts.future);
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    text->Add(Metric::kInvalid, {kInvalidReasonNames[i]}, counts.verdicts.invalid_by_reason[i]);
  }
  text->Add(Metric::kLostRecords, {}, report.lost);
  text->AddHistogram(Metric::kBatchSeconds, counts.batches);
}

void AddOutput(const MetricConstants& constants, const StatusReport& report, const MetricCounts& counts,
               ExpositionText* text) {
  const PublishedMinute* const last = report.recent.empty() ? nullptr : &report.recent.back();
  text->Add(Metric::kWindowSeconds, {}, report.rule.window_s);
  text->Add(Metric::kWindowsPublished, {}, report.minutes_published);
  text->AddMs(Metric::kLastPublished, {}, last != nullptr ? last->published_at_ms : constants.started_at_ms);
  if (last != nullptr) text->Add(Metric::kLastWindowUsers, {}, last->unique_users);
  if (report.has_closed_frontier) text->Add(Metric::kClosedUpto, {}, report.closed_frontier);
  text->AddHistogram(Metric::kTransactionSeconds, counts.transactions);
}

void AddClock(const StatusReport& report, const MetricCounts& counts, ExpositionText* text) {
  if (counts.clock_s) text->Add(Metric::kClock, {}, *counts.clock_s);
  text->AddMs(Metric::kWatermarkHeld, {}, counts.clock_held_ms);
  uint64_t held = 0;
  for (const Partition& partition : report.partitions) held += partition.held;
  if (const std::optional<int64_t> lag = report.known_lag()) text->Add(Metric::kLag, {}, *lag);
  text->Add(Metric::kUnconfirmedFrames, {}, held);
  for (const char* state : kReadingStates) {
    text->Add(Metric::kPartitions, {state},
              CountOf(report, [state](const Partition& partition) { return partition.state == state; }));
  }
  for (const char* idle_reason : kIdleReasons) {
    text->Add(Metric::kPartitionsIdle, {idle_reason}, CountOf(report, [idle_reason](const Partition& partition) {
                return partition.idle_reason == idle_reason;
              }));
  }
}

// Only of workers that run and have partitions: the next worker reads again what a dead one had open.
void AddMemory(const MetricConstants& constants, const StatusReport& report, const MetricCounts& counts,
               ExpositionText* text) {
  const auto add = [&](Metric metric, const std::function<uint64_t(size_t place)>& value) {
    for (size_t place = 0; place < report.workers.size(); ++place) {
      const StatusReport::Worker& worker = report.workers[place];
      if (worker.pid != 0 && !worker.partitions.empty()) text->Add(metric, {std::to_string(worker.slot)}, value(place));
    }
  };
  add(Metric::kOpenWindows, [&](size_t place) { return counts.workers[place].open_windows; });
  add(Metric::kOpenWindowUsers, [&](size_t place) { return counts.workers[place].open_users; });
  add(Metric::kMemoryUsed, [&](size_t place) { return report.workers[place].memory_bytes; });
  add(Metric::kMemoryLimit, [&](size_t) { return constants.memory_bytes; });
}

// All partitions or none: series that come and go with the slowest partition are of no use in a graph.
void AddPartitions(const StatusReport& report, ExpositionText* text) {
  if (report.partitions.size() > limits::kMaxPartitionSeries) return;
  for (const Partition& partition : report.partitions) {
    if (partition.lag >= 0) text->Add(Metric::kPartitionLag, {std::to_string(partition.partition)}, partition.lag);
  }
  for (const Partition& partition : report.partitions) {
    if (!partition.has_watermark) continue;
    text->Add(Metric::kPartitionWatermark, {std::to_string(partition.partition)}, partition.watermark);
  }
  for (const Partition& partition : report.partitions) {
    text->Add(Metric::kPartitionUnconfirmedFrames, {std::to_string(partition.partition)}, partition.held);
  }
}

}  // namespace

std::string MetricsText(const MetricConstants& constants, const StatusReport& report, const MetricCounts& counts) {
  ExpositionText text;
  AddJob(constants, report, &text);
  AddInput(report, counts, &text);
  AddOutput(constants, report, counts, &text);
  AddClock(report, counts, &text);
  AddMemory(constants, report, counts, &text);
  AddPartitions(report, &text);
  return text.Take();
}

}  // namespace headcount
