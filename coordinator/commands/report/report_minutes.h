// Collects the minutes that a report shows from records in any order: each minute once, the gaps between them, and what
// is wrong with the records. Pure; runs in `headcount report`. "Minute" stands for a window of any length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/records/count_record.h"

namespace headcount {

struct ReportMinute {
  int64_t start_s = 0;
  uint64_t users = 0;
  uint64_t events = 0;
  uint64_t late = 0;
  uint64_t invalid = 0;
  uint64_t future = 0;

  friend bool operator==(const ReportMinute& a, const ReportMinute& b) {
    return a.start_s == b.start_s && a.users == b.users && a.events == b.events && a.late == b.late &&
           a.invalid == b.invalid && a.future == b.future;
  }
};

// Minutes without a record between two that have one.
struct ReportGap {
  int64_t from_s = 0;
  int64_t to_s = 0;  // the next minute that has a record
};

// A minute that has more than one record, which must never happen.
struct RepeatedMinute {
  int64_t start_s = 0;
  uint64_t records = 0;
  bool differing = false;  // the records have different contents
};

struct ReportMinutes {
  int64_t window_s = 60;
  std::vector<ReportMinute> minutes;     // by start, each once
  std::vector<ReportGap> gaps;           // by start
  std::vector<RepeatedMinute> repeated;  // by start
  uint64_t of_other_windows = 0;  // records that are left out: of another window length, or between the others' starts
  uint64_t foreign = 0;           // records that are left out, because headcount cannot have written them
  std::string first_foreign;      // the partition and offset of the first, and why headcount cannot have written it

  int64_t begin_s() const { return minutes.empty() ? 0 : minutes.front().start_s; }
  int64_t end_s() const { return minutes.empty() ? 0 : minutes.back().start_s + window_s; }
  // The number of missing minutes of all gaps together.
  uint64_t missing() const;
};

// The minutes that the user wants; all conditions must hold.
struct ReportRange {
  std::optional<int64_t> from_s;  // that begin here or later
  std::optional<int64_t> to_s;    // ... and before this
  std::optional<size_t> last;     // ... and of these the newest
};

class MinuteCollector {
 public:
  explicit MinuteCollector(const ReportRange& range) : range_(range) {}

  // Returns false, and drops the record, if there are more than limits::kMaxReportMinutes.
  bool Add(const CountRecord& record);
  void AddForeign(std::string why) {
    if (++foreign_ == 1) first_foreign_ = std::move(why);
  }

  // If there are several window lengths, the newest record's counts. If a minute has several records, the last one
  // counts, as a compacted topic would keep it. Called once.
  ReportMinutes Finish();

 private:
  struct Collected {
    int64_t window_s;
    ReportMinute minute;
  };

  const ReportRange range_;
  std::vector<Collected> collected_;  // in the order of arrival
  uint64_t foreign_ = 0;
  std::string first_foreign_;
};

}  // namespace headcount
