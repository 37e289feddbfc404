// Many minutes as few: what a report draws as a column or writes as a row. Pure.
//
// Counts of records may be added up over minutes. Users may not: one who was there in two minutes is two in a sum. So a
// bucket says of users what its highest minute and its median minute had, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coordinator/commands/report/report_minutes.h"

namespace headcount {

struct Bucket {
  int64_t start_s = 0;
  uint64_t minutes = 0;  // that have a record
  uint64_t most_users = 0;
  int64_t most_users_at_s = 0;  // the first of the minutes that have so many
  uint64_t median_users = 0;
  uint64_t most_events = 0;  // in a minute
  uint64_t median_events = 0;
  uint64_t events = 0;
  uint64_t late = 0;
  uint64_t invalid = 0;
  uint64_t future = 0;

  uint64_t not_counted() const { return late + invalid + future; }
};

// Along the time from the first to the last minute of a report, on the grid of multiples of `bucket_s`, so that hours
// and days begin where people say they do.
struct Buckets {
  int64_t bucket_s = 60;
  int64_t window_s = 60;
  int64_t begin_s = 0;         // of the first bucket
  size_t count = 0;            // of all buckets on the grid
  std::vector<Bucket> filled;  // those that have a record, in order

  bool aggregated() const { return bucket_s != window_s; }
  size_t PlaceOf(int64_t time_s) const { return static_cast<size_t>((time_s - begin_s) / bucket_s); }
};

// A minute, if at most `max` of them cover the report; otherwise the shortest round time (two minutes, ... an hour, ...
// a day, ...) of which that is true, and which is not below `least_s`.
int64_t BucketSeconds(const ReportMinutes& report, size_t max, int64_t least_s = 0);

Buckets PutIntoBuckets(const ReportMinutes& report, int64_t bucket_s);

// All minutes as one bucket; there is at least one.
Bucket Summary(const ReportMinutes& report);

// Sums that stay at the greatest number instead of starting anew: whoever may write to a topic may write any number.
uint64_t AddUpTo(uint64_t a, uint64_t b);

}  // namespace headcount
