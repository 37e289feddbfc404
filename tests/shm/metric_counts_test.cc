// Counters that never go back: a worker and a writer play their lives into one mapping, with deaths between.
#include "coordinator/metrics/metric_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "common/base/limits.h"
#include "common/shm/worker_view.h"
#include "common/shm/writer_view.h"

namespace headcount {
namespace {

constexpr SlotId kSlot{0};

class MetricCountsTest : public testing::Test {
 protected:
  MetricCountsTest() { MakeMemory(); }

  void MakeMemory() {
    Result<shm::JobMemory> made = shm::JobMemory::Create(1, limits::kMinMemoryBytes);
    ASSERT_TRUE(made.ok()) << made.error().message;
    memory_.emplace(std::move(*made));
  }
  shm::CoordinatorView view() const { return shm::CoordinatorView(&*memory_); }
  shm::WorkerView worker() const { return {&*memory_, kSlot}; }
  shm::WriterView writer() const { return shm::WriterView(&*memory_); }

  void BeginGeneration(uint64_t generation) {
    view().RaiseGeneration(kSlot, Generation(generation));
    writer().Acknowledge();
    worker().BeginGeneration(Generation(generation), 1);
  }
  void Read(uint64_t records, uint64_t judged, uint64_t unattributed = 0) {
    shm::WorkerStatus status;
    status.records = records;
    status.record_bytes = 100 * records;
    for (uint64_t n = 0; n < records; n += 10) status.batches.Add(1'000);
    status.judged.counted = judged;
    status.unattributed.invalid_by_reason[0] = unattributed;
    worker().ShowWorker(status);
  }
  MetricCounts Take() {
    StatusReport report;
    report.totals = view().Writer().published;
    report.totals += view().Slot(kSlot).open;
    report.totals += view().Slot(kSlot).status.unattributed;
    return counter_.Take(view(), report, 1);
  }

  std::optional<shm::JobMemory> memory_;
  MetricCounter counter_{1};
};

TEST_F(MetricCountsTest, WhatAWorkerReadAgainIsReadTwiceAndJudgedOnce) {
  BeginGeneration(1);
  Read(100, 90);
  EXPECT_EQ(Take().records, 100U);
  Read(150, 140);  // told after the last look
  counter_.KeepSlot(view(), kSlot);
  view().RaiseGeneration(kSlot, Generation(2));
  EXPECT_EQ(Take().records, 150U);
  EXPECT_EQ(Take().verdicts.counted, 90U) << "a death takes nothing back";

  BeginGeneration(2);
  EXPECT_EQ(Take().verdicts.counted, 90U);
  Read(120, 120);
  EXPECT_EQ(Take().verdicts.counted, 120U);
  Read(200, 200);
  const MetricCounts counts = Take();
  EXPECT_EQ(counts.verdicts.counted, 200U);
  EXPECT_EQ(counts.records, 350U);
  EXPECT_EQ(counts.record_bytes, 35'000U);
  EXPECT_EQ(counts.batches.count(), 35U);
}

TEST_F(MetricCountsTest, WhatWasSaidBeforeTheMemoryWasMadeAnewStaysCounted) {
  BeginGeneration(1);
  Read(100, 90);
  DurationHistogram transactions;
  transactions.Add(5'000);
  writer().ShowTransactions(transactions);
  Take();
  counter_.KeepAll(view());
  MakeMemory();
  EXPECT_EQ(Take().records, 100U);
  BeginGeneration(2);
  Read(10, 10);
  writer().ShowTransactions(transactions);
  const MetricCounts counts = Take();
  EXPECT_EQ(counts.records, 110U);
  EXPECT_EQ(counts.transactions.count(), 2U);
  EXPECT_EQ(counts.transactions.sum_us, 10'000U);
}

// All frames of a topic with other field names are invalid, and no window ever opens.
TEST_F(MetricCountsTest, VerdictsThatWaitForAFirstWindowAreCountedToo) {
  BeginGeneration(1);
  Read(7, 0, 7);
  EXPECT_EQ(Take().verdicts.invalid(), 7U);
}

TEST_F(MetricCountsTest, WhatIsPublishedIsNotCountedBesideWhatItsWorkerHasJudged) {
  BeginGeneration(1);
  Read(100, 100);
  VerdictCounts closed;
  closed.counted = 60;
  // In the order of the writer, and looked at in between.
  writer().ShowClosed(kSlot, closed);
  EXPECT_LE(Take().verdicts.counted, 100U);
  writer().ShowPublished(closed, 1);
  EXPECT_EQ(Take().verdicts.counted, 100U);
}

// --- Who holds the clock -------------------------------------------------------------------------------------

StatusReport::Partition PartitionAt(std::optional<int64_t> watermark, const char* idle = "") {
  StatusReport::Partition partition;
  partition.has_watermark = watermark.has_value();
  partition.watermark = watermark.value_or(0);
  partition.idle_reason = idle;
  return partition;
}

TEST_F(MetricCountsTest, TheClockIsHeldForAsLongAsTheSlowestThatIsNotExcusedHasNotMoved) {
  const auto held_ms = [this](const std::vector<StatusReport::Partition>& partitions, int64_t now_ms) {
    StatusReport report;
    report.partitions = partitions;
    const MetricCounts counts = counter_.Take(view(), report, now_ms);
    EXPECT_EQ(counts.clock_s.has_value(),
              std::any_of(partitions.begin(), partitions.end(), [](const auto& p) { return p.idle_reason.empty(); }) &&
                  std::none_of(partitions.begin(), partitions.end(),
                               [](const auto& p) { return p.idle_reason.empty() && !p.has_watermark; }));
    return counts.clock_held_ms;
  };
  EXPECT_EQ(held_ms({PartitionAt(std::nullopt), PartitionAt(50)}, 1'000), 0);
  EXPECT_EQ(held_ms({PartitionAt(std::nullopt), PartitionAt(60)}, 5'000), 4'000);
  EXPECT_EQ(held_ms({PartitionAt(40), PartitionAt(60)}, 6'000), 0);
  EXPECT_EQ(held_ms({PartitionAt(40), PartitionAt(70)}, 9'000), 3'000);
  // The second has stood for long when it becomes the slowest: it holds the clock only from then on.
  EXPECT_EQ(held_ms({PartitionAt(90), PartitionAt(70)}, 10'000), 0);
  EXPECT_EQ(held_ms({PartitionAt(90, "silent"), PartitionAt(70, "silent")}, 20'000), 0);
  EXPECT_EQ(held_ms({PartitionAt(90, "silent"), PartitionAt(70)}, 30'000), 0);
}

}  // namespace
}  // namespace headcount
