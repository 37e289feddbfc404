// What the progress line says.
#include "coordinator/progress_line.h"

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
  report.partitions[0].excused = "at_end";
  EXPECT_NE(ProgressText(report, 100).find("at 2016-07-11T13:40:05Z"), std::string::npos);
}

TEST(ProgressText, IsCutToTheTerminal) { EXPECT_EQ(ProgressText(Report(), 10), " 43 %  1,2"); }

TEST(ProgressText, OfNothingIsNoNonsense) {
  EXPECT_EQ(ProgressText(StatusReport(), 100), "0 frames  0/s  0 minutes out");
}

}  // namespace
}  // namespace headcount
