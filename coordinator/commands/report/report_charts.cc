#include "coordinator/commands/report/report_charts.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "common/base/limits.h"
#include "coordinator/commands/report/axis.h"
#include "coordinator/commands/report/buckets.h"
#include "coordinator/commands/report/chart.h"
#include "coordinator/commands/report/html_text.h"
#include "coordinator/commands/report/report_words.h"

namespace headcount {
namespace {

std::string Key(const std::string& kind, const std::string& text) {
  return "<span><i class=\"key " + kind + "\"></i>" + text + "</span>";
}

std::string From(const Buckets& columns, int64_t from_s, int64_t to_s) {
  const bool one = to_s - from_s == columns.bucket_s && !columns.aggregated();
  return one ? ClockTime(from_s) : ClockTimes(from_s, to_s);
}

// A column that lacks only some of its minutes is marked too, so that no missing minute is hidden in a wide column.
std::vector<ChartGap> GapsOf(const ReportMinutes& report, const Buckets& columns) {
  enum class Lacks { kNothing, kSome, kAll };
  std::vector<Lacks> lacks(columns.count, Lacks::kNothing);
  for (const ReportGap& gap : report.gaps) {
    const size_t last = columns.PlaceOf(gap.to_s - 1);
    for (size_t c = columns.PlaceOf(gap.from_s); c <= last; ++c) lacks[c] = Lacks::kAll;
  }
  for (const Bucket& bucket : columns.filled) {
    Lacks& one = lacks[columns.PlaceOf(bucket.start_s)];
    if (one == Lacks::kAll) one = Lacks::kSome;
  }
  const WindowWords words = WindowWords::Of(columns.window_s);
  std::vector<ChartGap> gaps;
  for (size_t from = 0, to = 0; from < columns.count; from = to) {
    while (to < columns.count && lacks[to] == lacks[from]) ++to;
    if (lacks[from] == Lacks::kNothing) continue;
    const bool whole = lacks[from] == Lacks::kAll;
    const auto time_of = [&columns](size_t c) { return columns.begin_s + static_cast<int64_t>(c) * columns.bucket_s; };
    gaps.push_back({from, to, whole,
                    From(columns, time_of(from), time_of(to)) + ": " +
                        (whole ? "no record" : std::string("not every ") + words.one + " has a record")});
  }
  return gaps;
}

Chart ChartOf(const ReportMinutes& report, const Buckets& columns) {
  Chart chart;
  chart.columns = columns.count;
  chart.gaps = GapsOf(report, columns);
  const int64_t span_s = static_cast<int64_t>(columns.count) * columns.bucket_s;
  for (const TimeMark& mark : TimeMarksOf(columns.begin_s, columns.begin_s + span_s, columns.bucket_s)) {
    const double place = static_cast<double>(mark.time_s - columns.begin_s) / static_cast<double>(span_s);
    chart.marks.push_back({place, mark.label});
  }
  return chart;
}

// The span of a column, if it is more than a minute.
std::string NoteOf(const Buckets& columns) {
  if (!columns.aggregated()) return "";
  const WindowWords words = WindowWords::Of(columns.window_s);
  return "A column is " + SpanText(columns.bucket_s) + " wide, and shows the highest and the median of its " +
         words.many + ". Nothing is added up.";
}

struct Caption {
  const char* id;
  std::string title;
  std::string legend;
  std::string note;
};

std::string Section(const Caption& caption, const std::string& chart) {
  std::string html = std::string("<section id=\"") + caption.id + "\"><h2>" + caption.title + "</h2>\n";
  if (!caption.note.empty()) html += "<p class=\"soft\">" + caption.note + "</p>\n";
  if (!caption.legend.empty()) html += "<p class=\"legend\">" + caption.legend + "</p>\n";
  return html + chart + "</section>\n";
}

// What the charts of users and events share: one number a minute, of which a column shows the highest and the median.
struct Series {
  const char* kind;  // also its name
  const char* most_kind;
  const char* title;
  uint64_t Bucket::*most;
  uint64_t Bucket::*median;
};

std::string SeriesSection(const ReportMinutes& report, const Buckets& columns, const Series& series) {
  const WindowWords words = WindowWords::Of(report.window_s);
  const std::string kind = series.kind;
  Chart chart = ChartOf(report, columns);
  for (const Bucket& bucket : columns.filled) {
    const uint64_t most = bucket.*series.most;
    const uint64_t median = bucket.*series.median;
    ChartBar bar{columns.PlaceOf(bucket.start_s), {{series.kind, 0, median}}, ""};
    bar.title = From(columns, bucket.start_s, bucket.start_s + columns.bucket_s) + ": " + Grouped(most) + " ";
    bar.title += kind;
    if (columns.aggregated()) {
      bar.parts.insert(bar.parts.begin(), {series.most_kind, 0, most});
      bar.title.append(" in the highest ").append(words.one).append(", ").append(Grouped(median));
      bar.title += " in the median one";
    }
    chart.most = std::max(chart.most, most);
    chart.bars.push_back(std::move(bar));
  }
  const std::string title = series.title + std::string(" per ") + words.one;
  chart.label = title + ", up to " + Grouped(chart.most) + ". The table has the numbers.";
  std::string legend = columns.aggregated() ? Key(series.most_kind, std::string("highest ") + words.one) +
                                                  Key(kind, std::string("median ") + words.one)
                                            : Key(kind, kind);
  if (!chart.gaps.empty()) legend += Key("none", "no record");
  return Section({series.kind, title, legend, NoteOf(columns)}, ChartHtml(chart));
}

std::string NotCountedSection(const ReportMinutes& report, const Buckets& columns) {
  Chart chart = ChartOf(report, columns);
  for (const Bucket& bucket : columns.filled) {
    if (bucket.not_counted() == 0) continue;
    const uint64_t invalid_top = AddUpTo(bucket.late, bucket.invalid);
    const uint64_t top = AddUpTo(invalid_top, bucket.future);
    chart.most = std::max(chart.most, top);
    chart.bars.push_back(
        {columns.PlaceOf(bucket.start_s),
         {{"late", 0, bucket.late}, {"invalid", bucket.late, invalid_top}, {"future", invalid_top, top}},
         From(columns, bucket.start_s, bucket.start_s + columns.bucket_s) + ": " + Grouped(bucket.late) + " late, " +
             Grouped(bucket.invalid) + " invalid, " + Grouped(bucket.future) + " future"});
  }
  const std::string title = "Frames not counted per " + BucketName(columns.bucket_s);
  if (chart.most == 0) {
    return Section({"not-counted", title, "", "None: every frame was counted."}, "");
  }
  chart.label = title + ", up to " + Grouped(chart.most) + ". The table has the numbers.";
  std::string legend = Key("late", "late") + Key("invalid", "invalid") + Key("future", "future");
  if (!chart.gaps.empty()) legend += Key("none", "no record");
  return Section({"not-counted", title, legend, ""}, ChartHtml(chart));
}

}  // namespace

std::string ReportCharts(const ReportMinutes& report) {
  const Buckets columns = PutIntoBuckets(report, BucketSeconds(report, limits::kMaxReportColumns));
  return SeriesSection(report, columns, {"users", "users-most", "Users", &Bucket::most_users, &Bucket::median_users}) +
         SeriesSection(report, columns,
                       {"events", "events-most", "Events", &Bucket::most_events, &Bucket::median_events}) +
         NotCountedSection(report, columns);
}

}  // namespace headcount
