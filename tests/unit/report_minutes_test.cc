// What a report makes of records in any order: each minute once, gaps, and few columns for many minutes.
#include "coordinator/commands/report/report_minutes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "coordinator/commands/report/buckets.h"

namespace headcount {
namespace {

constexpr int64_t kMinute = 1468244400;  // 2016-07-11T13:40:00Z
constexpr int64_t kDay = 1468195200;     // its midnight

CountRecord Record(int64_t start_s, uint64_t users, int64_t window_s = 60) {
  CountRecord record;
  record.start = WindowStart(start_s);
  record.window_s = window_s;
  record.unique_users = users;
  record.counts.counted = users * 2;
  return record;
}

ReportMinutes Collected(const std::vector<CountRecord>& records, const ReportRange& range = {}) {
  MinuteCollector collector(range);
  for (const CountRecord& record : records) EXPECT_TRUE(collector.Add(record));
  return collector.Finish();
}

// Minute after minute, with 1, 2, 3 ... users.
ReportMinutes InARow(int64_t start_s, size_t count) {
  MinuteCollector collector({});
  for (size_t i = 0; i < count; ++i) collector.Add(Record(start_s + static_cast<int64_t>(i) * 60, i + 1));
  return collector.Finish();
}

std::vector<int64_t> StartsOf(const ReportMinutes& report) {
  std::vector<int64_t> starts;
  for (const ReportMinute& minute : report.minutes) starts.push_back(minute.start_s);
  return starts;
}

TEST(ReportMinutes, OfNothingIsNothing) {
  const ReportMinutes report = Collected({});
  EXPECT_TRUE(report.minutes.empty());
  EXPECT_EQ(report.missing(), 0U);
  EXPECT_EQ(report.end_s(), 0);
}

TEST(ReportMinutes, AreInOrderWithTheGapsBetweenThem) {
  const ReportMinutes report =
      Collected({Record(kMinute + 300, 3), Record(kMinute, 1), Record(kMinute + 60, 2), Record(kMinute + 420, 4)});
  EXPECT_EQ(StartsOf(report), (std::vector<int64_t>{kMinute, kMinute + 60, kMinute + 300, kMinute + 420}));
  ASSERT_EQ(report.gaps.size(), 2U);
  EXPECT_EQ(report.gaps[0].from_s, kMinute + 120);
  EXPECT_EQ(report.gaps[0].to_s, kMinute + 300);
  EXPECT_EQ(report.gaps[1].from_s, kMinute + 360);
  EXPECT_EQ(report.gaps[1].to_s, kMinute + 420);
  EXPECT_EQ(report.missing(), 4U);
  EXPECT_TRUE(report.repeated.empty());
}

TEST(ReportMinutes, ThatAreThereTwiceAreNamedAndTheLastRecordCounts) {
  const ReportMinutes report = Collected({Record(kMinute, 1), Record(kMinute + 60, 7), Record(kMinute, 1),
                                          Record(kMinute + 60, 8), Record(kMinute + 60, 9), Record(kMinute + 120, 3)});
  ASSERT_EQ(report.minutes.size(), 3U);
  EXPECT_EQ(report.minutes[1].users, 9U);
  ASSERT_EQ(report.repeated.size(), 2U);
  EXPECT_EQ(report.repeated[0].records, 2U);
  EXPECT_FALSE(report.repeated[0].differing);
  EXPECT_EQ(report.repeated[1].start_s, kMinute + 60);
  EXPECT_EQ(report.repeated[1].records, 3U);
  EXPECT_TRUE(report.repeated[1].differing);
}

TEST(ReportMinutes, HaveTheLengthOfTheNewestAndOthersAreCountedOnly) {
  const ReportMinutes report = Collected({Record(kMinute, 5, 300), Record(kMinute, 1), Record(kMinute + 60, 1),
                                          Record(kMinute + 150, 1), Record(kMinute + 240, 1)});
  EXPECT_EQ(report.window_s, 60);
  EXPECT_EQ(report.minutes.size(), 3U);
  EXPECT_EQ(report.of_other_windows, 2U) << "one of five minutes, one that begins between two minutes";
}

TEST(ReportMinutes, OutsideTheWantedRangeAreNotThere) {
  std::vector<CountRecord> records;
  for (int64_t i = 0; i < 10; ++i) records.push_back(Record(kMinute + i * 60, 1));
  records.push_back(Record(kMinute + 120, 1));
  ReportRange range;
  range.from_s = kMinute + 60;
  range.to_s = kMinute + 480;
  EXPECT_EQ(StartsOf(Collected(records, range)).front(), kMinute + 60);
  EXPECT_EQ(StartsOf(Collected(records, range)).back(), kMinute + 420);
  EXPECT_EQ(Collected(records, range).repeated.size(), 1U);
  range.last = 2;
  EXPECT_EQ(StartsOf(Collected(records, range)), (std::vector<int64_t>{kMinute + 360, kMinute + 420}));
  EXPECT_TRUE(Collected(records, range).repeated.empty());
}

TEST(ReportBuckets, AreTheMinutesThemselvesWhereThereIsRoom) {
  const ReportMinutes report = InARow(kMinute, 750);
  EXPECT_EQ(BucketSeconds(report, 750), 60);
  const Buckets buckets = PutIntoBuckets(report, 60);
  EXPECT_FALSE(buckets.aggregated());
  EXPECT_EQ(buckets.count, 750U);
  EXPECT_EQ(buckets.filled.size(), 750U);
  EXPECT_EQ(buckets.PlaceOf(report.minutes.back().start_s), 749U);
}

TEST(ReportBuckets, AreRoundTimesOnTheClock) {
  EXPECT_EQ(BucketSeconds(InARow(kDay, 1440), 750), 120);
  EXPECT_EQ(BucketSeconds(InARow(kDay, 10'080), 750), 900);
  EXPECT_EQ(BucketSeconds(InARow(kDay, 525'600), 750), 86400);
  EXPECT_EQ(BucketSeconds(InARow(kDay, 1440), 400, 3600), 3600);
  // One minute of an hour is in it all the same: the grid is the clock's.
  const Buckets buckets = PutIntoBuckets(InARow(kDay + 3540, 2), 3600);
  ASSERT_EQ(buckets.filled.size(), 2U);
  EXPECT_EQ(buckets.filled[0].start_s, kDay);
  EXPECT_EQ(buckets.filled[1].start_s, kDay + 3600);
}

TEST(ReportBuckets, ShowTheHighestAndTheMedianMinuteAndNeverASumOfUsers) {
  const Buckets buckets = PutIntoBuckets(InARow(kDay, 60), 3600);
  ASSERT_EQ(buckets.filled.size(), 1U);
  const Bucket& hour = buckets.filled[0];
  EXPECT_EQ(hour.minutes, 60U);
  EXPECT_EQ(hour.most_users, 60U);
  EXPECT_EQ(hour.most_users_at_s, kDay + 59 * 60);
  EXPECT_EQ(hour.median_users, 30U);
  EXPECT_EQ(hour.most_events, 120U);
  EXPECT_EQ(hour.median_events, 61U);
  EXPECT_EQ(hour.events, 60U * 61U);
}

TEST(ReportBuckets, AreNeverMoreThanWantedHoweverFarTheMinutesLieApart) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    const int64_t window_s = std::vector<int64_t>{1, 7, 60, 90, 3600, 86400 * 9}[random() % 6];
    std::vector<CountRecord> records;
    const int64_t span = int64_t{1} << (random() % 33);
    for (uint64_t i = 0; i <= random() % 50; ++i) {
      records.push_back(Record(static_cast<int64_t>(random() % static_cast<uint64_t>(span)) * window_s, 1, window_s));
    }
    const ReportMinutes report = Collected(records);
    const size_t max = 2 + random() % 800;
    const Buckets buckets = PutIntoBuckets(report, BucketSeconds(report, max));
    ASSERT_LE(buckets.count, max) << "window " << window_s << ", span " << span;
    ASSERT_EQ(buckets.bucket_s % window_s, 0);
    const uint64_t minutes = std::accumulate(buckets.filled.begin(), buckets.filled.end(), uint64_t{0},
                                             [](uint64_t sum, const Bucket& b) { return sum + b.minutes; });
    ASSERT_EQ(minutes, report.minutes.size());
    ASSERT_LT(buckets.PlaceOf(report.end_s() - 1), buckets.count);
  }
}

TEST(ReportBuckets, StayAtTheGreatestNumberInsteadOfBeginningAnew) {
  EXPECT_EQ(AddUpTo(1, 2), 3U);
  EXPECT_EQ(AddUpTo(UINT64_MAX - 1, 1), UINT64_MAX);
  EXPECT_EQ(AddUpTo(UINT64_MAX, UINT64_MAX), UINT64_MAX);
  CountRecord huge = Record(kMinute, 1);
  huge.unique_users = UINT64_MAX;
  huge.counts.counted = UINT64_MAX;
  CountRecord next = huge;
  next.start = WindowStart(kMinute + 60);
  const Bucket all = Summary(Collected({huge, next}));
  EXPECT_EQ(all.events, UINT64_MAX);
  EXPECT_EQ(all.median_users, UINT64_MAX);
}

}  // namespace
}  // namespace headcount
