// Puts many minutes into few buckets, which a report draws as columns or writes as rows. Pure; runs in `headcount
// report`.
//
// Counts of records may be added up over minutes. Users may not: a user who was there in two minutes would count twice.
// So of users a bucket gives only those of its highest minute and of its median minute.
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
  int64_t most_users_at_s = 0;  // the first of the minutes with that number
  uint64_t median_users = 0;
  uint64_t most_events = 0;  // in a minute
  uint64_t median_events = 0;
  uint64_t events = 0;
  uint64_t late = 0;
  uint64_t invalid = 0;
  uint64_t future = 0;

  uint64_t not_counted() const { return late + invalid + future; }
};

// Covers the time from the first to the last minute of a report, on the grid of multiples of `bucket_s`. So hours and
// days begin at their usual times (UTC).
struct Buckets {
  int64_t bucket_s = 60;
  int64_t window_s = 60;
  int64_t begin_s = 0;         // of the first bucket
  size_t count = 0;            // of all buckets on the grid
  std::vector<Bucket> filled;  // those that have a record, in order

  bool aggregated() const { return bucket_s != window_s; }
  size_t PlaceOf(int64_t time_s) const { return static_cast<size_t>((time_s - begin_s) / bucket_s); }
};

// The length of a bucket: one minute, if at most `max` minutes cover the report. Otherwise it is the shortest round
// time (two minutes, ... an hour, ... a day, ...) with at most `max` buckets that is not below `least_s`.
int64_t BucketSeconds(const ReportMinutes& report, size_t max, int64_t least_s = 0);

Buckets PutIntoBuckets(const ReportMinutes& report, int64_t bucket_s);

// All minutes as one bucket; there is at least one.
Bucket Summary(const ReportMinutes& report);

// A sum that stops at the greatest number instead of wrapping: every program that may write to the topic may write any
// number.
uint64_t AddUpTo(uint64_t a, uint64_t b);

}  // namespace headcount
