#include "coordinator/commands/report/report_minutes.h"

#include <algorithm>

#include "common/base/limits.h"

namespace headcount {
namespace {

// `sorted` by start; records of one minute are in the order of their arrival.
void KeepEachOnce(std::vector<ReportMinute>* sorted, std::vector<RepeatedMinute>* repeated) {
  size_t kept = 0;
  for (const ReportMinute& minute : *sorted) {
    const bool again = kept > 0 && (*sorted)[kept - 1].start_s == minute.start_s;
    if (!again) {
      (*sorted)[kept++] = minute;
      continue;
    }
    if (repeated->empty() || repeated->back().start_s != minute.start_s) repeated->push_back({minute.start_s, 1});
    ++repeated->back().records;
    repeated->back().differing = repeated->back().differing || !((*sorted)[kept - 1] == minute);
    (*sorted)[kept - 1] = minute;
  }
  sorted->resize(kept);
}

std::vector<ReportGap> GapsOf(const std::vector<ReportMinute>& minutes, int64_t window_s) {
  std::vector<ReportGap> gaps;
  for (size_t i = 1; i < minutes.size(); ++i) {
    const int64_t from_s = minutes[i - 1].start_s + window_s;
    if (from_s < minutes[i].start_s) gaps.push_back({from_s, minutes[i].start_s});
  }
  return gaps;
}

}  // namespace

uint64_t ReportMinutes::missing() const {
  int64_t missing_s = 0;
  for (const ReportGap& gap : gaps) missing_s += gap.to_s - gap.from_s;
  return static_cast<uint64_t>(missing_s / window_s);
}

bool MinuteCollector::Add(const CountRecord& record) {
  const int64_t start_s = record.start.seconds();
  if (range_.from_s && start_s < *range_.from_s) return true;
  if (range_.to_s && start_s >= *range_.to_s) return true;
  if (collected_.size() >= limits::kMaxReportMinutes) return false;
  const VerdictCounts& counts = record.counts;
  collected_.push_back(
      {record.window_s, {start_s, record.unique_users, counts.counted, counts.late, counts.invalid(), counts.future}});
  return true;
}

ReportMinutes MinuteCollector::Finish() {
  ReportMinutes found;
  found.foreign = foreign_;
  found.first_foreign = first_foreign_;
  if (collected_.empty()) return found;
  std::stable_sort(collected_.begin(), collected_.end(),
                   [](const Collected& a, const Collected& b) { return a.minute.start_s < b.minute.start_s; });
  found.window_s = collected_.back().window_s;
  for (const Collected& one : collected_) {
    if (one.window_s == found.window_s && one.minute.start_s % found.window_s == 0) {
      found.minutes.push_back(one.minute);
    } else {
      ++found.of_other_windows;
    }
  }
  collected_.clear();
  KeepEachOnce(&found.minutes, &found.repeated);
  if (range_.last && found.minutes.size() > *range_.last) {
    found.minutes.erase(found.minutes.begin(), found.minutes.end() - static_cast<std::ptrdiff_t>(*range_.last));
    const auto shown = [&found](const RepeatedMinute& r) { return r.start_s >= found.begin_s(); };
    found.repeated.erase(found.repeated.begin(), std::find_if(found.repeated.begin(), found.repeated.end(), shown));
  }
  found.gaps = GapsOf(found.minutes, found.window_s);
  return found;
}

}  // namespace headcount
