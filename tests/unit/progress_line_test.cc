// What the progress line says.
#include "coordinator/job/progress_line.h"

#include <gtest/gtest.h>

namespace headcount {
namespace {

StatusReport Report() {
  StatusReport report;
  report.totals.counted = 1'234'560;
  report.totals.invalid_by_reason[3] = report.waiting = 7;
  report.minutes_published = 12;
  report.workers.resize(2);
  report.workers[0].records_per_s = 200'000;
  report.workers[1].records_per_s = 152'120;
  report.partitions.resize(2);
  for (StatusReport::Partition& p : report.partitions) {
    p.position = 43;
    p.end = 100;
    p.has_watermark = true;
    p.watermark = 1468244405;
  }
  report.partitions[0].watermark = 1468244400;
  return report;
}

TEST(ProgressText, SaysHowMuchIsReadHowFastAndUpToWhichTime) {
  EXPECT_EQ(ProgressText(Report(), 100), " 43 %  1,234,567 frames  352,120/s  12 minutes out  at 2016-07-11T13:40:00Z");
  EXPECT_LT(ProgressText(Report(), 1000).size(), 80U);
}

TEST(ProgressText, NamesNoShareWhereTheEndOfAnInputIsUnknown) {
  StatusReport report = Report();
  report.partitions[1].end = -1;
  EXPECT_EQ(ProgressText(report, 100), "1,234,567 frames  352,120/s  12 minutes out  at 2016-07-11T13:40:00Z");
}

TEST(ProgressText, LooksPastPartitionsThatHoldNobodyBack) {
  StatusReport report = Report();
  report.partitions[0].idle_reason = "at_end";
  EXPECT_NE(ProgressText(report, 100).find("at 2016-07-11T13:40:05Z"), std::string::npos);
}

TEST(ProgressText, IsCutToTheTerminal) { EXPECT_EQ(ProgressText(Report(), 10), " 43 %  1,2"); }

// --- What --until-end waits for --------------------------------------------------------------------------------

StatusReport::Partition Open(int32_t number, int64_t since_ms) {
  StatusReport::Partition p;
  p.partition = number;
  p.position = 130 + number;
  p.transaction_end = 200;
  p.transaction_since_ms = since_ms;
  return p;
}

TEST(AwaitedText, NamesEachTransactionThatHasStoodForAMomentWithItsOffsets) {
  constexpr int64_t kNowMs = 1'000'000;
  StatusReport report;
  report.partitions = {Open(0, kNowMs - 12'000)};
  EXPECT_EQ(AwaitedText(report, 200, kNowMs),
            "waiting for an open transaction: partition 0 at offset 130 of 200 (12 s)");
  report.partitions.push_back(Open(3, kNowMs - 1'000));
  report.partitions.push_back(Open(4, kNowMs - 999));
  EXPECT_EQ(
      AwaitedText(report, 200, kNowMs),
      "waiting for open transactions: partition 0 at offset 130 of 200 (12 s), partition 3 at offset 133 of 200 (1 s)");
  EXPECT_EQ(AwaitedText(report, 11, kNowMs), "waiting for");
}

TEST(AwaitedText, IsEmptyWhereNoneHoldsThePartition) {
  constexpr int64_t kNowMs = 1'000'000;
  StatusReport report;
  report.partitions = {Open(0, kNowMs - 12'000), Open(1, kNowMs - 12'000)};
  report.partitions[0].idle_reason = "at_end";
  report.partitions[1].transaction_end = -1;
  EXPECT_EQ(AwaitedText(report, 200, kNowMs), "");
}

TEST(ProgressText, OfNothingIsNoNonsense) {
  EXPECT_EQ(ProgressText(StatusReport(), 100), "0 frames  0/s  0 minutes out");
}

}  // namespace
}  // namespace headcount
