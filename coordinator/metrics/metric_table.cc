#include "coordinator/metrics/metric_table.h"

namespace headcount {
namespace {

using M = Metric;

constexpr MetricType kCounter = MetricType::kCounter;
constexpr MetricType kGauge = MetricType::kGauge;
constexpr MetricType kHistogram = MetricType::kHistogram;

constexpr std::array<MetricSpec, kMetrics> kTable = {{
    {M::kBuildInfo, "headcount_build_info", kGauge, "", {"version", "librdkafka"}, "Always 1; which program this is."},
    {M::kStartTime, "headcount_start_time_seconds", kGauge, "seconds", {}, "When this start began, in unix time."},
    {M::kUpdated,
     "headcount_updated_timestamp_seconds",
     kGauge,
     "seconds",
     {},
     "When these numbers were taken, in unix time; each second while the job lives."},
    {M::kState,
     "headcount_state",
     kGauge,
     "",
     {"state"},
     "1 for the state the job is in, 0 for the others: starting, running, draining, done, failed."},
    {M::kReady,
     "headcount_ready",
     kGauge,
     "",
     {},
     "1 if every worker that has partitions lives and has heard from their leaders, as headcount health --ready says."},
    {M::kRestarts,
     "headcount_restarts_total",
     kCounter,
     "",
     {"role"},
     "Processes started again since this start, by role: writer, worker."},

    {M::kRecords,
     "headcount_records_total",
     kCounter,
     "records",
     {},
     "Records read since this start; those read again after a death count again."},
    {M::kRecordBytes, "headcount_record_bytes_total", kCounter, "bytes", {}, "Bytes of the values of these records."},
    {M::kVerdicts,
     "headcount_verdicts_total",
     kCounter,
     "",
     {"verdict"},
     "Records judged since this start, each once, by verdict: counted, late, invalid, future."},
    {M::kInvalid, "headcount_invalid_total", kCounter, "", {"reason"}, "The invalid ones among them, by reason."},
    {M::kLostRecords,
     "headcount_lost_records",
     kGauge,
     "records",
     {},
     "Records that retention took before the workers that live now could read them (--on-lost-input=continue)."},
    {M::kBatchSeconds,
     "headcount_batch_seconds",
     kHistogram,
     "seconds",
     {},
     "How long workers took to read and judge a batch of records of one partition."},

    {M::kWindowSeconds, "headcount_window_seconds", kGauge, "seconds", {}, "Length of a window (--window)."},
    {M::kWindowsPublished,
     "headcount_windows_published_total",
     kCounter,
     "",
     {},
     "Windows whose records were committed since this start."},
    {M::kLastPublished,
     "headcount_last_publication_timestamp_seconds",
     kGauge,
     "seconds",
     {},
     "When the last window was published, in unix time; before the first: when this start began."},
    {M::kLastWindowUsers,
     "headcount_last_window_users",
     kGauge,
     "users",
     {},
     "Distinct users of the newest window published since this start."},
    {M::kClosedUpto,
     "headcount_closed_upto_timestamp_seconds",
     kGauge,
     "seconds",
     {},
     "Every window before this event time is published, in unix time."},
    {M::kTransactionSeconds,
     "headcount_transaction_seconds",
     kHistogram,
     "seconds",
     {},
     "How long it took to commit records and offsets, with whatever had to be asked or tried again."},

    {M::kClock,
     "headcount_clock_timestamp_seconds",
     kGauge,
     "seconds",
     {},
     "Watermark of the slowest partition that holds the clock, in unix time; absent while none does, or it has none."},
    {M::kWatermarkHeld,
     "headcount_clock_held_seconds",
     kGauge,
     "seconds",
     {},
     "How long that watermark has not moved; 0 while no partition holds the clock."},
    {M::kLag,
     "headcount_lag_records",
     kGauge,
     "records",
     {},
     "Offsets between where the partitions are read and their ends, summed over those whose end is known."},
    {M::kUnconfirmedFrames,
     "headcount_held_frames",
     kGauge,
     "frames",
     {},
     "Frames ahead of their partition's clock that wait for others to confirm it."},
    {M::kPartitions,
     "headcount_partitions",
     kGauge,
     "partitions",
     {"state"},
     "Partitions by state: reading, caught_up, ahead (held back by --max-skew), unknown (nothing heard of its "
     "leader)."},
    {M::kPartitionsIdle,
     "headcount_partitions_excused",
     kGauge,
     "",
     {"reason"},
     "Partitions that do not hold the clock, by reason: silent, at_end, empty, max_hold."},

    {M::kOpenWindows,
     "headcount_open_windows",
     kGauge,
     "windows",
     {"worker"},
     "Windows that the worker has something in and that are not published yet."},
    {M::kOpenWindowUsers,
     "headcount_open_window_users",
     kGauge,
     "users",
     {"worker"},
     "Distinct users that the worker has seen in these windows, summed over them."},
    {M::kMemoryUsed,
     "headcount_shared_memory_used_bytes",
     kGauge,
     "bytes",
     {"worker"},
     "Of the worker's shared memory, what its windows take."},
    {M::kMemoryLimit,
     "headcount_shared_memory_limit_bytes",
     kGauge,
     "bytes",
     {"worker"},
     "The worker's shared memory (--memory)."},

    {M::kPartitionLag,
     "headcount_partition_lag_records",
     kGauge,
     "records",
     {"partition"},
     "Offsets between where the partition is read and its end."},
    {M::kPartitionWatermark,
     "headcount_partition_watermark_timestamp_seconds",
     kGauge,
     "seconds",
     {"partition"},
     "The partition's watermark, in unix time."},
    {M::kPartitionUnconfirmedFrames,
     "headcount_partition_held_frames",
     kGauge,
     "frames",
     {"partition"},
     "Frames ahead of the partition's clock that wait for others to confirm it."},
}};

constexpr bool InOrder() {
  for (size_t n = 0; n < kTable.size(); ++n) {
    if (kTable[n].metric != static_cast<Metric>(n)) return false;
  }
  return true;
}
static_assert(InOrder(), "the table is looked up by number");

}  // namespace

const std::array<MetricSpec, kMetrics>& MetricTable() { return kTable; }

const char* Name(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kHistogram: return "histogram";
  }
  return "untyped";
}

}  // namespace headcount
