#include "coordinator/commands/report/report_table.h"

#include <cstddef>
#include <vector>

#include "common/base/limits.h"
#include "coordinator/commands/report/buckets.h"
#include "coordinator/commands/report/html_text.h"
#include "coordinator/commands/report/report_words.h"

namespace headcount {
namespace {

constexpr int64_t kHourS = 3600;
constexpr int64_t kDayS = 86400;

std::string Cell(uint64_t number) { return "<td>" + Grouped(number) + "</td>"; }

// Late, invalid and future frames are rare, so their zeros are printed in a softer colour.
std::string QuietCell(uint64_t number) { return number == 0 ? "<td class=\"zero\">0</td>" : Cell(number); }

std::vector<std::string> Titles(const Buckets& rows) {
  const WindowWords words = WindowWords::Of(rows.window_s);
  if (!rows.aggregated()) return {words.title, "Users", "Events", "Late", "Invalid", "Future"};
  return {"From",  words.title + std::string("s"), "Users, median", "Users, highest", "Events", "Late", "Invalid",
          "Future"};
}

std::string Caption(const Buckets& rows) {
  const WindowWords words = WindowWords::Of(rows.window_s);
  std::string every = "A row every " + (rows.aggregated() ? BucketName(rows.bucket_s) : words.one) + ".";
  if (!rows.aggregated()) return every;
  return every + " Users are not added up, as one may be there in many " + words.many +
         ": the median and the highest " + words.one + " stand for all.";
}

std::string Row(const Buckets& rows, const Bucket& bucket) {
  const bool is_day = rows.bucket_s % kDayS == 0 && !DateOf(bucket.start_s).empty();
  std::string html = "<tr><th scope=\"row\">" + (is_day ? DateOf(bucket.start_s) : TimeOfDay(bucket.start_s)) + "</th>";
  if (rows.aggregated()) html += Cell(bucket.minutes) + Cell(bucket.median_users);
  return html + Cell(bucket.most_users) + Cell(bucket.events) + QuietCell(bucket.late) + QuietCell(bucket.invalid) +
         QuietCell(bucket.future) + "</tr>\n";
}

std::string WideRow(const char* kind, size_t columns, const std::string& cell, const std::string& text) {
  return "<tr class=\"" + std::string(kind) + "\"><" + cell + " colspan=\"" + std::to_string(columns) + "\">" + text +
         "</" + cell.substr(0, 2) + "></tr>\n";
}

std::string GapRow(const Buckets& rows, size_t columns, size_t empty) {
  const WindowWords words = WindowWords::Of(rows.window_s);
  const int64_t span_s = static_cast<int64_t>(empty) * rows.bucket_s;
  const std::string what = rows.aggregated() ? SpanText(span_s) : Counted(empty, words.one, words.many);
  return WideRow("missing", columns, "td", what + " without a record");
}

}  // namespace

std::string ReportTable(const ReportMinutes& report) {
  const Buckets rows = PutIntoBuckets(report, BucketSeconds(report, limits::kMaxReportRows, kHourS));
  const std::vector<std::string> titles = Titles(rows);
  // No <caption>: it would be as wide as the table, and would scroll away with it on a phone.
  std::string html = "<p class=\"soft\" id=\"row\">" + Caption(rows) +
                     "</p>\n<div class=\"table\" role=\"region\" aria-label=\"The numbers\" tabindex=\"0\">\n"
                     "<table aria-describedby=\"row\">\n<thead><tr>";
  for (const std::string& title : titles) html += "<th scope=\"col\">" + title + "</th>";
  html += "</tr></thead>\n";
  std::string day = "none";
  size_t next = 0;
  for (const Bucket& bucket : rows.filled) {
    const size_t place = rows.PlaceOf(bucket.start_s);
    if (place > next) html += GapRow(rows, titles.size(), place - next);
    next = place + 1;
    if (rows.bucket_s < kDayS && DateOf(bucket.start_s) != day) {
      if (day != "none") html += "</tbody>\n";
      day = DateOf(bucket.start_s);
      html += "<tbody>" + WideRow("day", titles.size(), "th scope=\"rowgroup\"", day);
    } else if (day == "none") {
      day = "";
      html += "<tbody>";
    }
    html += Row(rows, bucket);
  }
  return html + "</tbody>\n</table>\n</div>\n";
}

}  // namespace headcount
