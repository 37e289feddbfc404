#include "coordinator/metrics/metric_counts.h"

#include <algorithm>

namespace headcount {
namespace {

constexpr int64_t kNoWatermark = -1;  // event times are not negative

void RaiseTo(const VerdictCounts& now, VerdictCounts* shown) {
  shown->counted = std::max(shown->counted, now.counted);
  shown->late = std::max(shown->late, now.late);
  shown->future = std::max(shown->future, now.future);
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    shown->invalid_by_reason[i] = std::max(shown->invalid_by_reason[i], now.invalid_by_reason[i]);
  }
}

}  // namespace

MetricCounter::Read& MetricCounter::Read::operator+=(const Read& other) {
  records += other.records;
  record_bytes += other.record_bytes;
  batches += other.batches;
  return *this;
}

void MetricCounter::Look(const shm::SlotSnapshot& seen, Slot* slot) {
  if (!seen.alive) return;
  if (seen.generation != slot->generation) {
    read_before_ += slot->read;
    slot->generation = seen.generation;
  }
  slot->read = {seen.status.records, seen.status.record_bytes, seen.status.batches};
}

void MetricCounter::KeepSlot(const shm::CoordinatorView& view, SlotId slot) {
  Look(view.Slot(slot), &slots_[static_cast<size_t>(slot.value())]);
}

void MetricCounter::KeepAll(const shm::CoordinatorView& view) {
  for (size_t s = 0; s < slots_.size(); ++s) KeepSlot(view, SlotId(static_cast<int32_t>(s)));
  transactions_before_ += view.Writer().transactions;
}

MetricCounts MetricCounter::Take(const shm::CoordinatorView& view, const StatusReport& report, int64_t now_ms) {
  MetricCounts counts;
  for (size_t s = 0; s < slots_.size(); ++s) {
    const shm::SlotSnapshot seen = view.Slot(SlotId(static_cast<int32_t>(s)));
    Look(seen, &slots_[s]);
    counts.workers.push_back({seen.status.open_windows, seen.status.open_users});
  }
  RaiseTo(report.totals, &shown_);
  counts.verdicts = shown_;
  Read read = read_before_;
  for (const Slot& slot : slots_) read += slot.read;
  counts.records = read.records;
  counts.record_bytes = read.record_bytes;
  counts.batches = read.batches;
  counts.transactions = transactions_before_;
  counts.transactions += view.Writer().transactions;
  LookAtLowWatermark(report, now_ms, &counts);
  return counts;
}

// StatusReport::Partition::unmoved_since_ms does not serve here: the slowest partition may have stopped while it was
// ahead of others.
void MetricCounter::LookAtLowWatermark(const StatusReport& report, int64_t now_ms, MetricCounts* counts) {
  std::optional<int64_t> slowest;
  for (const StatusReport::Partition& partition : report.partitions) {
    if (!partition.idle_reason.empty()) continue;
    const int64_t watermark = partition.has_watermark ? partition.watermark : kNoWatermark;
    slowest = std::min(slowest.value_or(watermark), watermark);
  }
  if (!slowest) {
    clock_since_ms_ = 0;
    return;
  }
  if (clock_since_ms_ == 0 || *slowest != clock_) clock_since_ms_ = now_ms;
  clock_ = *slowest;
  if (clock_ != kNoWatermark) counts->clock_s = clock_;
  counts->clock_held_ms = now_ms - clock_since_ms_;
}

}  // namespace headcount
