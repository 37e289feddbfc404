// The page that people get: what it says, and that nothing in it is anything but text where text is meant. What a
// browser makes of it is tested in a browser (tests/integration/job_report_test.cc).
#include "coordinator/commands/report/report_page.h"

#include <gtest/gtest.h>

#include "coordinator/commands/report/axis.h"
#include "coordinator/commands/report/chart.h"
#include "coordinator/commands/report/html_text.h"

namespace headcount {
namespace {

constexpr int64_t kMinute = 1468244400;  // 2016-07-11T13:40:00Z
const ReportSubject kSubject = {"topic event_metrics", "headcount 1.0.0", kMinute + 86400, {}};

ReportMinutes Minutes(const std::vector<ReportMinute>& minutes, int64_t window_s = 60) {
  MinuteCollector collector({});
  for (const ReportMinute& minute : minutes) {
    CountRecord record;
    record.start = WindowStart(minute.start_s);
    record.window_s = window_s;
    record.unique_users = minute.users;
    record.counts.counted = minute.events;
    record.counts.late = minute.late;
    record.counts.invalid_by_reason[0] = minute.invalid;
    record.counts.future = minute.future;
    EXPECT_TRUE(collector.Add(record));
  }
  return collector.Finish();
}

size_t CountOf(const std::string& page, const std::string& part) {
  size_t count = 0;
  for (size_t at = page.find(part); at != std::string::npos; at = page.find(part, at + 1)) ++count;
  return count;
}

#define EXPECT_SAYS(page, part) EXPECT_NE((page).find(part), std::string::npos) << (part)

// --- The page ---------------------------------------------------------------------------------------------

TEST(ReportPage, OfNothingSaysSo) {
  const std::string page = ReportPage({}, kSubject);
  EXPECT_SAYS(page, "There is no minute yet");
  EXPECT_SAYS(page, "topic event_metrics");
  EXPECT_EQ(page.find("<svg"), std::string::npos);
}

TEST(ReportPage, OfOneMinuteHasItsNumbers) {
  const std::string page = ReportPage(Minutes({{kMinute, 41'130, 59'983, 12, 4, 3}}), kSubject);
  EXPECT_SAYS(page, "Distinct users per minute");
  EXPECT_SAYS(page, "2016-07-11 13:40 to 13:41 UTC (1 minute)");
  EXPECT_SAYS(page, "Made 2016-07-12 13:40 UTC by headcount 1.0.0. All times are UTC.");
  EXPECT_SAYS(page, "<title>2016-07-11 13:40: 41,130 users</title>");
  EXPECT_SAYS(page, "<title>2016-07-11 13:40: 12 late, 4 invalid, 3 future</title>");
  EXPECT_SAYS(page, "<th scope=\"row\">13:40</th><td>41,130</td><td>59,983</td><td>12</td><td>4</td><td>3</td></tr>");
  EXPECT_SAYS(page, "no gaps");
  EXPECT_EQ(page.find("id=\"gaps\""), std::string::npos);
}

TEST(ReportPage, MarksGapsInEachChartListsThemAndHasThemInTheTable) {
  const std::string page = ReportPage(
      Minutes({{kMinute, 1, 1, 1, 0, 0}, {kMinute + 60, 1, 1, 0, 0, 0}, {kMinute + 300, 1, 1, 0, 0, 0}}), kSubject);
  EXPECT_EQ(CountOf(page, "class=\"band\""), 3U);
  EXPECT_EQ(CountOf(page, "<title>2016-07-11 13:42 to 13:45: no record</title>"), 3U);
  EXPECT_SAYS(page, "<li>2016-07-11 13:42 to 13:45: 3 minutes</li>");
  EXPECT_SAYS(page, "3 minutes without a record</td>");
  EXPECT_SAYS(page, "3 minutes are missing, in 1 gap");
}

// Nothing is known of what is missing before the first record and behind the last one.
TEST(ReportPage, SaysWhatWasAskedForBesideWhatIsThere) {
  ReportSubject subject = kSubject;
  subject.range.from_s = kMinute - 3600;
  const ReportMinutes report = Minutes({{kMinute, 1, 1, 0, 0, 0}, {kMinute + 60, 1, 1, 0, 0, 0}});
  EXPECT_SAYS(ReportPage(report, subject),
              "Asked for: from 2016-07-11 12:40 UTC. The first record is of 2016-07-11 13:40, the last of 2016-07-11 "
              "13:41.<");
  subject.range.to_s = kMinute + 3600;
  const std::string page = ReportPage(report, subject);
  EXPECT_SAYS(page, "Asked for: from 2016-07-11 12:40 to 2016-07-11 14:40 UTC. The first");
  EXPECT_SAYS(page, "no gaps between the first and the last");
  EXPECT_SAYS(ReportPage({}, subject), "Asked for: from 2016-07-11 12:40 to 2016-07-11 14:40 UTC.<");
  subject.range.from_s.reset();
  EXPECT_SAYS(ReportPage(report, subject), "Asked for: up to 2016-07-11 14:40 UTC.");
  EXPECT_EQ(ReportPage(report, kSubject).find("Asked for"), std::string::npos);
}

TEST(ReportPage, AShareHasNoExponent) {
  const auto page = [](uint64_t events, uint64_t late) {
    return ReportPage(Minutes({{kMinute, 1, events, late, 0, 0}}), kSubject);
  };
  EXPECT_SAYS(page(999'999'999, 1), "below 0.001 %: 1 late");
  EXPECT_SAYS(page(99'999, 1), ">0.001 %: 1 late");
  EXPECT_SAYS(page(80, 20), ">20 %: 20 late");
  EXPECT_SAYS(page(0, 7), ">100 %: 7 late");
  EXPECT_SAYS(page(1, 0), ">0 %: 0 late");
}

TEST(ReportPage, WithoutFramesThatWereNotCountedSaysThatInsteadOfDrawingNothing) {
  const std::string page = ReportPage(Minutes({{kMinute, 1, 1, 0, 0, 0}}), kSubject);
  EXPECT_SAYS(page, "None: every frame was counted.");
  EXPECT_EQ(CountOf(page, "<svg"), 2U);
}

TEST(ReportPage, SaysWhatIsStrange) {
  ReportMinutes report = Minutes({{kMinute, 1, 1, 0, 0, 0}, {kMinute, 2, 1, 0, 0, 0}});
  report.foreign = 7;
  report.first_foreign = "out/1/5: <its key>";
  report.of_other_windows = 1;
  const std::string page = ReportPage(report, kSubject);
  EXPECT_SAYS(page, "1 minute more than once.");
  EXPECT_SAYS(page, "2016-07-11 13:40: 2 records, <strong>which differ</strong>");
  EXPECT_SAYS(page, "Left out: 7 records that headcount cannot have written. The first: out/1/5: &lt;its key&gt;.");
  EXPECT_SAYS(page, "Left out: 1 record of other windows");
  EXPECT_EQ(ReportPage(Minutes({{kMinute, 1, 1, 0, 0, 0}}), kSubject).find("class=\"remarks\""), std::string::npos);
}

TEST(ReportPage, CallsOtherWindowsWindows) {
  const std::string page = ReportPage(Minutes({{kMinute, 1, 1, 0, 0, 0}}, 300), kSubject);
  EXPECT_SAYS(page, "Distinct users per window");
  EXPECT_SAYS(page, "Windows of 5 minutes.");
}

TEST(ReportPage, OfAYearIsSmallAndSaysWhatItDraws) {
  std::vector<ReportMinute> minutes;
  for (int64_t i = 0; i < 525'600; ++i) minutes.push_back({kMinute + i * 60, 41'130, 59'983, 12, 4, 3});
  const std::string page = ReportPage(Minutes(minutes), kSubject);
  EXPECT_LT(page.size(), 700'000U);
  EXPECT_SAYS(page,
              "A column is 1 day wide, and shows the highest and the median of its minutes. Nothing is added up.");
  EXPECT_SAYS(page, "A row every day. Users are not added up");
  EXPECT_LE(CountOf(page, "class=\"bar\""), 3U * 367U);
  EXPECT_SAYS(page, "<th scope=\"row\">2017-07-10</th><td>1,440</td><td>41,130</td><td>41,130</td><td>86,375,520</td>");
}

// The names of files may hold anything; those of topics only what Kafka allows.
TEST(ReportPage, ShowsEveryNameAsTextAndNothingElse) {
  const ReportSubject evil = {"file <script>alert('1')</script>&\"\xFF\x01.jsonl", "headcount", kMinute, {}};
  for (const ReportMinutes& report : {ReportMinutes(), Minutes({{kMinute, 1, 1, 1, 1, 1}})}) {
    const std::string page = ReportPage(report, evil);
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(
        CountOf(page, "file &lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\xEF\xBF\xBD\xEF\xBF\xBD.jsonl"),
        2U);
  }
}

TEST(ReportPage, ForbidsTheBrowserToAskAnybodyForAnything) {
  EXPECT_SAYS(ReportPage({}, kSubject), "content=\"default-src 'none'; style-src 'unsafe-inline'\"");
}

// Whoever may write to the topic may write such numbers.
TEST(ReportPage, OfTheLargestNumbersAndTimesIsStillAPage) {
  const ReportMinute huge = {99'999'999'999'960, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
  const std::string page = ReportPage(Minutes({{0, 0, 0, 0, 0, 0}, {kMinute, 1, 1, 0, 0, 0}, huge}), kSubject);
  EXPECT_LT(page.size(), 100'000U);
  EXPECT_SAYS(page, "18,446,744,073,709,551,615");
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("height=\"-"), std::string::npos);
  const std::string nothing = ReportPage(Minutes({{kMinute, 0, 0, 0, 0, 0}}), kSubject);
  EXPECT_EQ(nothing.find("nan"), std::string::npos);
}

// --- Charts and axes --------------------------------------------------------------------------------------

TEST(ReportChart, DrawsBarsInThousandthsOfItsHeight) {
  Chart chart;
  chart.columns = 2;
  chart.most = 100;
  chart.bars = {{0, {{"users", 0, 100}}, "all"}, {1, {{"users", 0, 1}}, "little"}};
  const std::string html = ChartHtml(chart);
  EXPECT_SAYS(html, "viewBox=\"0 0 2 1030\"");
  EXPECT_SAYS(html, "<rect class=\"users\" x=\"0.1\" y=\"0\" width=\"0.8\" height=\"1000\"/>");
  EXPECT_SAYS(html, "<rect class=\"users\" x=\"1.1\" y=\"990\" width=\"0.8\" height=\"10\"/>");
}

TEST(ReportAxis, EndsAtARoundNumberAboveEverything) {
  const auto top_of = [](uint64_t most) { return ValueAxisOf(most).top; };
  EXPECT_EQ(top_of(0), 1);
  EXPECT_EQ(top_of(1), 1);
  EXPECT_EQ(top_of(2), 2);
  EXPECT_EQ(top_of(7), 8);
  EXPECT_EQ(top_of(41'130), 50'000);
  EXPECT_EQ(top_of(50'000), 50'000);
  EXPECT_EQ(top_of(50'001), 60'000);
  for (const uint64_t most : {uint64_t{0}, uint64_t{1}, uint64_t{999}, uint64_t{123'456'789}, UINT64_MAX}) {
    const ValueAxis axis = ValueAxisOf(most);
    EXPECT_GE(axis.top, static_cast<double>(most));
    EXPECT_EQ(axis.marks.front(), 0);
    EXPECT_EQ(axis.marks.back(), axis.top) << most;
    EXPECT_LE(axis.marks.size(), 6U);
  }
}

std::string Labels(int64_t begin_s, int64_t end_s, int64_t least_s = 60) {
  std::string labels;
  for (const TimeMark& mark : TimeMarksOf(begin_s, end_s, least_s)) labels += (labels.empty() ? "" : "|") + mark.label;
  return labels;
}

TEST(ReportAxis, NamesRoundTimes) {
  EXPECT_EQ(Labels(kMinute, kMinute + 60), "13:40|13:41");
  EXPECT_EQ(Labels(kMinute, kMinute + 3600), "13:40|13:50|14:00|14:10|14:20|14:30|14:40");
  EXPECT_EQ(Labels(kMinute, kMinute + 86400), "15:00|18:00|21:00|Jul 12|03:00|06:00|09:00|12:00");
  EXPECT_EQ(Labels(kMinute, kMinute + 7 * 86400), "Jul 12|Jul 13|Jul 14|Jul 15|Jul 16|Jul 17|Jul 18");
  EXPECT_EQ(Labels(kMinute, kMinute + 365 * 86400), "Sep 2016|Nov 2016|Jan 2017|Mar 2017|May 2017|Jul 2017");
  EXPECT_EQ(Labels(0, kMinute), "1970|1980|1990|2000|2010");
  EXPECT_EQ(Labels(kMinute, kMinute + 20, 1), "13:40:00|13:40:05|13:40:10|13:40:15|13:40:20");
  EXPECT_EQ(Labels(0, int64_t{100'000'000'000'000}), "") << "no calendar shows it";
}

TEST(ReportAxis, HasMarksForEveryLengthThatACalendarShows) {
  for (int64_t span_s = 60; span_s < 200'000'000'000; span_s += 1 + span_s / 7) {
    const std::vector<TimeMark> marks = TimeMarksOf(kMinute, kMinute + span_s, 60);
    EXPECT_GE(marks.size(), 1U) << span_s;
    EXPECT_LE(marks.size(), 8U) << span_s;
    for (const TimeMark& mark : marks) EXPECT_TRUE(mark.time_s >= kMinute && mark.time_s <= kMinute + span_s);
  }
}

TEST(ReportText, ShowsNumbersAndTimesAsPeopleReadThem) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(12'345'678), "12,345,678");
  EXPECT_EQ(ClockTime(kMinute), "2016-07-11 13:40");
  EXPECT_EQ(ClockTime(kMinute + 5), "2016-07-11 13:40:05");
  EXPECT_EQ(ClockTime(99'999'999'999'960), "99999999999960");
  EXPECT_EQ(ClockTimes(kMinute, kMinute + 43'200), "2016-07-11 13:40 to 2016-07-12 01:40");
  EXPECT_EQ(SpanText(60), "1 minute");
  EXPECT_EQ(SpanText(12'000), "3 hours 20 minutes");
  EXPECT_EQ(SpanText(7 * 86400), "7 days");
  EXPECT_EQ(SpanText(86400 + 5), "1 day");
  EXPECT_EQ(SpanText(0), "0 seconds");
}

TEST(ReportText, IsAlwaysUtf8) {
  EXPECT_EQ(Escaped("z\xC3\xA4hlung \xE2\x82\xAC \xF0\x9F\x98\x80"), "z\xC3\xA4hlung \xE2\x82\xAC \xF0\x9F\x98\x80");
  for (const char* wrong :
       {"\x80", "\xC0", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\x7F", "\n"}) {
    const std::string escaped = Escaped(wrong);
    EXPECT_EQ(escaped.substr(0, 3), "\xEF\xBF\xBD");
    EXPECT_EQ(escaped.size() % 3, 0U);
  }
}

}  // namespace
}  // namespace headcount
