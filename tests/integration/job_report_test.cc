// `headcount report` on a real topic, and what a real browser shows of its pages (report_browser.py). The screenshots
// stay in the build's folder.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr char kProgram[] = HEADCOUNT_BINARY_DIR "/headcount";
constexpr char kBrowserCheck[] = HEADCOUNT_SOURCE_DIR "/tests/integration/report_browser.py";
constexpr char kShots[] = HEADCOUNT_BINARY_DIR "/screenshots";
constexpr int kNoBrowser = 77;
constexpr int64_t kMinute = 1468244400;  // 2016-07-11T13:40:00Z

std::string Lines(const std::vector<std::string>& records) {
  std::string lines;
  for (const std::string& record : records) lines += record + "\n";
  return lines;
}

class JobReport : public testing::Test {
 protected:
  std::string PageOf(const Job& job, Arguments words = {}) {
    const std::filesystem::path page = job.File("report.html");
    words.insert(words.begin(), {"report", "-b", broker_.bootstrap_server(), "--output-topic", job.output()});
    words.insert(words.end(), {"--out", page.string()});
    const Finished made = RunToEnd(kProgram, words);
    EXPECT_EQ(Describe(made.status), "exit 0") << made.err;
    said_ = made.err;
    return ReadFile(page);
  }
  static void ExpectSays(const std::string& page, const std::string& part) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  // 0, or kNoBrowser where there is none; anything else is a failed test.
  static int Show(const std::filesystem::path& page, const std::filesystem::path& records, Arguments more = {}) {
    more.insert(more.begin(), {kBrowserCheck, "--page", page, "--records", records, "--shots", kShots});
    const Finished shown = RunToEnd("python3", more);
    if (shown.status.code == kNoBrowser) return kNoBrowser;
    EXPECT_EQ(Describe(shown.status), "exit 0") << shown.out << shown.err;
    return 0;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  std::string said_;
};

TEST_F(JobReport, ShowsInABrowserWhatTheJobHasPublished) {
  const uint64_t seed = 20160711;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Job job(broker_, 2);
  const std::vector<OracleLog> before = HostileLogs(seed, 20'000, 2, 20);
  const std::vector<OracleLog> behind = HostileLogs(seed + 1, 20'000, 2, 20, GeneratorOptions().start_s + 27 * 60);
  job.ProduceAll(before);
  job.ProduceAll(behind);
  job.RunUntilEnd();
  const std::vector<std::string> published = job.Published();
  ASSERT_EQ(published, RightRecords(job.logs()));
  ASSERT_GE(published.size(), 40U);

  const std::string page = PageOf(job);
  ExpectSays(page, "topic " + job.output());
  EXPECT_EQ(said_, "");
  WriteFile(job.File("records"), Lines(published));
  if (Show(job.File("report.html"), job.File("records")) == kNoBrowser) GTEST_SKIP() << "there is no Chromium";
}

TEST_F(JobReport, ShowsAWeekInABrowserAsColumnsOfAQuarterOfAnHour) {
  constexpr int64_t kMonday = 1468195200;  // 2016-07-11T00:00:00Z
  const TempDir folder;
  OracleCounts week;
  for (int64_t i = 0; i < 7 * 24 * 60; ++i) {
    if (i % 1'009 == 1'008 || (i > 4'000 && i < 4'600)) continue;  // single minutes, and ten hours
    OracleMinute minute;
    minute.window_start = kMonday + i * 60;
    const double day_and_night = std::sin(static_cast<double>(i - 540) * 6.283 / 1'440);
    minute.unique_users =
        static_cast<uint64_t>(30'000 + 12'000 * day_and_night) + static_cast<uint64_t>(i * 7'919 % 3'001);
    minute.events = minute.unique_users * 3 / 2;
    minute.late = static_cast<uint64_t>(i % 11);
    minute.future = i % 97 == 0 ? 40 : 0;
    week.minutes.push_back(minute);
  }
  WriteFile(folder / "week.jsonl", Lines(RecordsOf(week)));
  ChildOptions there;
  there.directory = folder.path();
  ASSERT_EQ(Describe(RunToEnd(kProgram, {"report", "--input", "week.jsonl", "--out", "week.html"}, there).status),
            "exit 0");
  const int shown = Show(folder / "week.html", folder / "week.jsonl", {"--column-s", "900", "--row-s", "3600"});
  if (shown == kNoBrowser) GTEST_SKIP() << "there is no Chromium";
}

TEST_F(JobReport, ShowsWhatIsCommittedAndNamesWhatMustNotBeThere) {
  Job job(broker_, 1);
  job.Produce(0, Seconds(kMinute, kMinute + 300, 2, "a"));
  job.RunUntilEnd();
  const std::vector<std::string> published = job.Published();
  ASSERT_EQ(published.size(), 5U);
  ExpectSays(PageOf(job), "2016-07-11 13:40 to 13:45 UTC (5 minutes)");
  ExpectSays(PageOf(job, {"--last", "2"}), "2016-07-11 13:43 to 13:45 UTC (2 minutes)");
  ExpectSays(PageOf(job, {"--from", "2016-07-11T13:41:00Z", "--to", "2016-07-11T13:42:00Z"}), "13:41 to 13:42 UTC");
  ExpectSays(PageOf(job, {"--from", "2017-01-01T00:00:00Z"}), "There is no minute yet");

  // Somebody else's: an aborted transaction, which nobody may see, and what nobody should have written.
  {
    TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
    other.Begin();
    other.Produce(job.output(), 0, {published[0]});
    other.Abort();
  }
  EXPECT_EQ(PageOf(job).find("class=\"remarks\""), std::string::npos);
  broker_.Produce(job.output(), 1, {"hello", std::nullopt});
  broker_.Produce(job.output(), 1, {published[4]}, std::to_string(kMinute + 240));
  const std::string page = PageOf(job);
  ExpectSays(page, "Left out: 2 records that headcount cannot have written");
  ExpectSays(page, "1 minute more than once.");
  ExpectSays(page, "2016-07-11 13:44: 2 records, all the same");
  ExpectSays(said_, "1 of the minutes have more than one record");
}

TEST_F(JobReport, OfATopicThatIsNotThereIsNone) {
  const TempDir folder;
  const Arguments words = {"report",
                           "-b",
                           broker_.bootstrap_server(),
                           "--output-topic",
                           TestBroker::UniqueName("missing"),
                           "--out",
                           folder / "page.html"};
  const Finished made = RunToEnd(kProgram, words);
  EXPECT_EQ(Describe(made.status), "exit 78") << made.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "page.html"));
}

TEST_F(JobReport, OfAnEmptyTopicSaysThatThereIsNoMinuteYet) {
  const Job job(broker_, 1);
  ExpectSays(PageOf(job), "There is no minute yet");
}

}  // namespace
}  // namespace headcount::test
