#include "coordinator/commands/report/report_page.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

#include "common/base/limits.h"
#include "coordinator/commands/report/buckets.h"
#include "coordinator/commands/report/html_text.h"
#include "coordinator/commands/report/report_charts.h"
#include "coordinator/commands/report/report_style.h"
#include "coordinator/commands/report/report_table.h"
#include "coordinator/commands/report/report_words.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

// The browser may load nothing from anywhere, even if a foreign text got into a page; only styles in the page are
// allowed.
constexpr const char* kPolicy = "default-src 'none'; style-src 'unsafe-inline'";

std::string Head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
         std::string(kPolicy) +
         "\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n<title>" +
         title + "</title>\n<style>\n" + std::string(kReportStyle) + "</style>\n</head>\n<body>\n<main>\n";
}

bool AsksForTimes(const ReportRange& range) { return range.from_s.has_value() || range.to_s.has_value(); }

// Shows the range that the user asked for beside the range that exists. Records may be missing at both ends, and no gap
// shows that.
std::string AskedFor(const ReportMinutes& report, const ReportRange& range) {
  if (!AsksForTimes(range)) return "";
  std::string html = "<p class=\"soft\">Asked for: ";
  if (range.from_s) html += "from " + ClockTime(*range.from_s);
  if (range.to_s) html += std::string(range.from_s ? " to " : "up to ") + ClockTime(*range.to_s);
  html += " UTC";
  if (range.last) html += ", the newest " + Grouped(*range.last);
  if (report.minutes.empty()) return html + ".</p>\n";
  return html + ". The first record is of " + ClockTime(report.begin_s()) + ", the last of " +
         ClockTime(report.minutes.back().start_s) + ".</p>\n";
}

std::string Heading(const ReportMinutes& report, const ReportSubject& subject) {
  const WindowWords words = WindowWords::Of(report.window_s);
  std::string html = std::string("<header>\n<h1>Distinct users per ") + words.one +
                     "</h1>\n<p class=\"about\"><strong>" + Escaped(subject.source) + "</strong>";
  if (!report.minutes.empty()) {
    html += ", " + ClockTimes(report.begin_s(), report.end_s()) + " UTC (" +
            SpanText(report.end_s() - report.begin_s()) + ")";
  }
  html += "</p>\n" + AskedFor(report, subject.range) + "<p class=\"soft\">";
  if (report.window_s != 60) html += "Windows of " + SpanText(report.window_s) + ". ";
  return html + "Made " + ClockTime(subject.made_at_s) + " UTC by " + Escaped(subject.program) +
         ". All times are UTC.</p>\n</header>\n";
}

// --- Remarks on wrong records ---------------------------------------------------------------------------------

std::string Remark(const RepeatedMinute& repeated) {
  return "<li>" + ClockTime(repeated.start_s) + ": " + Grouped(repeated.records) + " records, " +
         (repeated.differing ? "<strong>which differ</strong>; the last one is shown" : "all the same") + "</li>\n";
}

std::string Remarks(const ReportMinutes& report) {
  const WindowWords words = WindowWords::Of(report.window_s);
  std::string items;
  const size_t listed = std::min(report.repeated.size(), limits::kMaxReportListed);
  for (size_t i = 0; i < listed; ++i) items += Remark(report.repeated[i]);
  if (report.repeated.size() > listed) {
    items += "<li>and " + Grouped(report.repeated.size() - listed) + " more</li>\n";
  }
  std::string html;
  if (!items.empty()) {
    html += "<p><strong>" + Counted(report.repeated.size(), words.one, words.many) +
            " more than once.</strong> headcount publishes each once; read with <code>read_committed</code>, this must "
            "not happen.</p>\n<ul>\n" +
            items + "</ul>\n";
  }
  if (report.of_other_windows > 0) {
    html += "<p>Left out: " + Counted(report.of_other_windows, "record", "records") +
            " of other windows than these of " + SpanText(report.window_s) + ".</p>\n";
  }
  if (report.foreign > 0) {
    html += "<p>Left out: " + Counted(report.foreign, "record", "records") +
            " that headcount cannot have written. The first: " + Escaped(report.first_foreign) + ".</p>\n";
  }
  return html.empty() ? "" : "<div class=\"remarks\" role=\"note\">\n" + html + "</div>\n";
}

// --- The numbers on top -----------------------------------------------------------------------------------

std::string Tile(const std::string& name, const std::string& big, const std::string& more) {
  return "<div><dt>" + name + "</dt><dd class=\"big\">" + big + "</dd><dd class=\"more\">" + more + "</dd></div>\n";
}

std::string Share(uint64_t part, uint64_t all) {
  constexpr double kLeastShown = 0.001;
  const double percent = 100 * static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(all, 1));
  if (part > 0 && percent < kLeastShown) return "below 0.001 %";
  char text[20];
  snprintf(text, sizeof text, "%.3g %%", percent);
  return text;
}

std::string Numbers(const ReportMinutes& report, const ReportRange& range) {
  const WindowWords words = WindowWords::Of(report.window_s);
  const Bucket all = Summary(report);
  const ReportMinute& newest = report.minutes.back();
  const uint64_t not_counted = AddUpTo(AddUpTo(all.late, all.invalid), all.future);
  const std::string one = words.one;
  return "<dl class=\"numbers\">\n" +
         Tile("Users, highest " + one, Short(all.most_users), ClockTime(all.most_users_at_s)) +
         Tile("Users, median " + one, Short(all.median_users),
              "half of the " + std::string(words.many) + " have no more") +
         Tile("Users, newest " + one, Short(newest.users), ClockTime(newest.start_s)) +
         Tile("Events", Short(all.events), Short(all.median_events) + " in the median " + one) +
         Tile("Frames not counted", Short(not_counted),
              Share(not_counted, AddUpTo(all.events, not_counted)) + ": " + Short(all.late) + " late, " +
                  Short(all.invalid) + " invalid, " + Short(all.future) + " future") +
         Tile(words.title + std::string("s with a record"), Short(all.minutes),
              report.gaps.empty() ? (AsksForTimes(range) ? "no gaps between the first and the last" : "no gaps")
                                  : Counted(report.missing(), one + " is", words.many + std::string(" are")) +
                                        " missing, in " + Counted(report.gaps.size(), "gap", "gaps")) +
         "</dl>\n";
}

// --- Gaps -------------------------------------------------------------------------------------------------

std::string Gaps(const ReportMinutes& report) {
  if (report.gaps.empty()) return "";
  const WindowWords words = WindowWords::Of(report.window_s);
  std::vector<ReportGap> listed = report.gaps;
  std::string which;
  if (listed.size() > limits::kMaxReportListed) {
    which = " The longest " + std::to_string(limits::kMaxReportListed) + ":";
    std::stable_sort(listed.begin(), listed.end(),
                     [](const ReportGap& a, const ReportGap& b) { return a.to_s - a.from_s > b.to_s - b.from_s; });
    listed.resize(limits::kMaxReportListed);
    std::sort(listed.begin(), listed.end(), [](const ReportGap& a, const ReportGap& b) { return a.from_s < b.from_s; });
  }
  std::string items;
  for (const ReportGap& gap : listed) {
    const auto missing = static_cast<uint64_t>((gap.to_s - gap.from_s) / report.window_s);
    items += "<li>" + ClockTimes(gap.from_s, gap.to_s) + ": " + Counted(missing, words.one, words.many) + "</li>\n";
  }
  return "<section class=\"gaps\" id=\"gaps\"><h2>" + Counted(report.gaps.size(), "gap", "gaps") +
         "</h2>\n<p class=\"soft\">A " + words.one +
         " for which no frame came has no record, so a gap is no error by itself." + which + "</p>\n<ul>\n" + items +
         "</ul>\n</section>\n";
}

std::string Table(const ReportMinutes& report) {
  return "<section class=\"rows\" id=\"numbers\"><h2>The numbers</h2>\n" + ReportTable(report) + "</section>\n";
}

std::string Footer(const ReportMinutes& report) {
  const std::string one = WindowWords::Of(report.window_s).one;
  return "<footer><p><strong>Users</strong> are the different users of a " + one +
         ", counted exactly. <strong>Events</strong> "
         "are the frames that were counted. <strong>Late</strong> frames came after their " +
         one +
         " had waited its time, <strong>future</strong> ones ran too far ahead of the others, <strong>invalid</strong> "
         "ones "
         "could not be read; none of these is counted. Every record is final.</p></footer>\n";
}

std::string Nothing() {
  return "<section id=\"empty\"><h2>There is no minute yet</h2>\n<p class=\"soft\">Nothing that was read is a record "
         "of "
         "a minute in the wanted range. <code>headcount explain</code> says what the next minute waits "
         "for.</p></section>\n";
}

}  // namespace

std::string ReportPage(const ReportMinutes& report, const ReportSubject& subject) {
  std::string html =
      Head("Users per " + std::string(WindowWords::Of(report.window_s).one) + ": " + Escaped(subject.source));
  html += Heading(report, subject) + Remarks(report);
  if (report.minutes.empty()) {
    html += Nothing();
  } else {
    html += Numbers(report, subject.range) + ReportCharts(report) + Gaps(report) + Table(report) + Footer(report);
  }
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace headcount
