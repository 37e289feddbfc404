#include "coordinator/commands/report/buckets.h"

#include <algorithm>
#include <array>

namespace headcount {
namespace {

constexpr int64_t kHourS = 3600;
constexpr int64_t kDayS = 86400;
// Half days are left out: alternating columns of night and day would look like a fence, and would hide the shape of a
// year.
constexpr std::array<int64_t, 25> kRoundS = {
    1,         2,         5,          10,         15,         30,          60,         120,        300,
    600,       900,       1800,       kHourS,     2 * kHourS, 3 * kHourS,  4 * kHourS, 6 * kHourS, kDayS,
    2 * kDayS, 7 * kDayS, 14 * kDayS, 28 * kDayS, 91 * kDayS, 182 * kDayS, 364 * kDayS};

size_t CountOf(const ReportMinutes& report, int64_t bucket_s) {
  return static_cast<size_t>((report.end_s() - 1) / bucket_s - report.begin_s() / bucket_s + 1);
}

// The median; for an even number of values the mean of the two in the middle, rounded down.
uint64_t MedianOf(std::vector<uint64_t>* values) {
  const auto middle = values->begin() + static_cast<std::ptrdiff_t>(values->size() / 2);
  std::nth_element(values->begin(), middle, values->end());
  if (values->size() % 2 == 1) return *middle;
  const uint64_t below = *std::max_element(values->begin(), middle);
  return below + (*middle - below) / 2;
}

using Minutes = std::vector<ReportMinute>::const_iterator;

Bucket BucketOf(int64_t start_s, Minutes from, Minutes to) {
  Bucket bucket;
  bucket.start_s = start_s;
  bucket.minutes = static_cast<uint64_t>(to - from);
  bucket.most_users_at_s = from->start_s;
  std::vector<uint64_t> users;
  std::vector<uint64_t> events;
  for (Minutes minute = from; minute != to; ++minute) {
    users.push_back(minute->users);
    events.push_back(minute->events);
    if (minute->users > bucket.most_users) {
      bucket.most_users = minute->users;
      bucket.most_users_at_s = minute->start_s;
    }
    bucket.most_events = std::max(bucket.most_events, minute->events);
    bucket.events = AddUpTo(bucket.events, minute->events);
    bucket.late = AddUpTo(bucket.late, minute->late);
    bucket.invalid = AddUpTo(bucket.invalid, minute->invalid);
    bucket.future = AddUpTo(bucket.future, minute->future);
  }
  bucket.median_users = MedianOf(&users);
  bucket.median_events = MedianOf(&events);
  return bucket;
}

}  // namespace

uint64_t AddUpTo(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

int64_t BucketSeconds(const ReportMinutes& report, size_t max, int64_t least_s) {
  const int64_t window_s = report.window_s;
  if (CountOf(report, window_s) <= max) return window_s;
  for (const int64_t round_s : kRoundS) {
    if (round_s >= least_s && round_s % window_s == 0 && CountOf(report, round_s) <= max) return round_s;
  }
  // No round time fits windows of seven seconds, or a frame from far outside the other times. The division leaves space
  // for one more bucket, because the grid may cut both ends.
  const auto windows = static_cast<size_t>((report.end_s() - report.begin_s()) / window_s);
  return window_s * static_cast<int64_t>(windows / (max - 1) + 1);
}

Buckets PutIntoBuckets(const ReportMinutes& report, int64_t bucket_s) {
  Buckets buckets;
  buckets.bucket_s = bucket_s;
  buckets.window_s = report.window_s;
  if (report.minutes.empty()) return buckets;
  buckets.begin_s = report.begin_s() / bucket_s * bucket_s;
  buckets.count = CountOf(report, bucket_s);
  for (Minutes from = report.minutes.begin(); from != report.minutes.end();) {
    const int64_t start_s = from->start_s / bucket_s * bucket_s;
    const Minutes to = std::find_if(from, report.minutes.end(), [start_s, bucket_s](const ReportMinute& minute) {
      return minute.start_s >= start_s + bucket_s;
    });
    buckets.filled.push_back(BucketOf(start_s, from, to));
    from = to;
  }
  return buckets;
}

Bucket Summary(const ReportMinutes& report) {
  return BucketOf(report.begin_s(), report.minutes.begin(), report.minutes.end());
}

}  // namespace headcount
