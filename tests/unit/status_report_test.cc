// The status file: its bytes, the way back, and what a reader is told about a damaged one.
#include "coordinator/status/status_report.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/base/replaced_file.h"
#include "tests/support/small_stack.h"

namespace headcount {
namespace {

StatusReport Example() {
  StatusReport report;
  report.state = "running";
  report.updated_at_ms = 1468244405123;
  report.run = "00c0ffee00c0ffee";
  report.coordinator_pid = 4710;
  report.writer = {4711, 2, 1, 32500};
  report.workers.push_back({0, 4712, 3, 2, {0, 2}, 120000, 60000.25, 1048576});
  report.workers.push_back({1, 0, 0, 0, {}, 0, std::nan(""), 0});
  StatusReport::Partition read;
  read.partition = 0;
  read.position = 120000;
  read.end = 120010;
  read.lag = 10;
  read.has_watermark = true;
  read.watermark = 1468244400;
  read.unmoved_since_ms = 1468244404321;
  read.safe_offset = 60000;
  read.held = 1;
  read.state = "reading";
  read.transaction_end = 120'020;
  read.transaction_since_ms = 1468244403321;
  report.partitions.push_back(read);
  StatusReport::Partition unknown;
  unknown.partition = 2;
  unknown.state = "unknown";
  unknown.hold = "leader_away";
  unknown.idle_reason = "silent";
  unknown.invalid_in_a_row = 9;
  unknown.invalid_reason = "bad_ts";
  report.partitions.push_back(unknown);
  report.has_closed_frontier = true;
  report.closed_frontier = 1468244340;
  report.held_by.push_back({2, "nothing heard \"yet\""});
  report.totals.counted = 100;
  report.totals.late = 3;
  report.totals.future = 2;
  report.totals.invalid_by_reason = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  report.waiting = 5;
  report.tombstones = 4;
  report.lost = 11;
  report.minutes_published = 7;
  report.rule = {60, 5, 120, 10000, 0, true, "user_events", "event_metrics", "broker1:9092", "july"};
  report.rejected = {{"not_json", 3, 128991, 1468244400321, "in/3/7: gzip"}, {"future", 0, 0, 1468244401321}};
  PublishedMinute minute;
  minute.start = WindowStart(1468244280);
  minute.unique_users = 41130;
  minute.counts = {59983, 12, 3, {4}};
  minute.published_at_ms = 1468244346007;
  report.recent.push_back(minute);
  return report;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "headcount-status-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(StatusReport, IsOneLineWithTheDocumentedFieldsInTheDocumentedOrder) {
  EXPECT_EQ(
      ToJson(Example()),
      R"({"version":1,"state":"running","updated_at_ms":1468244405123,"run":"00c0ffee00c0ffee",)"
      R"("coordinator":{"pid":4710},"writer":{"pid":4711,"generation":2,"restarts":1,"committing_ms":32500},)"
      R"("workers":[{"slot":0,"pid":4712,"generation":3,"restarts":2,"partitions":[0,2],"records":120000,)"
      R"("records_per_s":60000.3,"memory_bytes":1048576},)"
      R"({"slot":1,"pid":0,"generation":0,"restarts":0,"partitions":[],"records":0,"records_per_s":0.0,"memory_bytes":0}],)"
      R"("partitions":[{"partition":0,"worker":0,"position":120000,"end":120010,"lag":10,"watermark":1468244400,)"
      R"("unmoved_since_ms":1468244404321,)"
      R"("safe_offset":60000,"held":1,"excused":"","idle":"","state":"reading","hold":"","invalid_in_a_row":0,"invalid_reason":"",)"
      R"("transaction_end":120020,"transaction_since_ms":1468244403321},)"
      R"({"partition":2,"worker":0,"position":null,"end":null,"lag":null,"watermark":null,"unmoved_since_ms":0,)"
      R"("safe_offset":null,"held":0,"excused":"silent","idle":"silent","state":"unknown","hold":"leader_away","invalid_in_a_row":9,"invalid_reason":"bad_ts",)"
      R"("transaction_end":null,"transaction_since_ms":0}],)"
      R"("clock":{"closed_upto":1468244340,"held_by":[{"partition":2,"why":"nothing heard \"yet\""}]},)"
      R"("totals":{"records":154,"events":100,"late":3,"invalid":45,"future":2,"tombstones":4,"waiting":5,)"
      R"("invalid_reasons":{"no_value":1,"too_large":2,"poison":3,"not_json":4,"not_object":5,"no_ts":6,"bad_ts":7,)"
      R"("no_uid":8,"bad_uid":9},"minutes_published":7,"lost":11},)"
      R"("rule":{"window_s":60,"allowed_lateness_s":5,"max_skew_s":120,"idle_timeout_ms":10000,"max_hold_ms":0,)"
      R"("until_end":true,"input":"user_events","output":"event_metrics",)"
      R"("bootstrap_server":"broker1:9092","group":"july"},)"
      R"("rejected":[{"kind":"not_json","partition":3,"offset":128991,"seen_ms":1468244400321,"first":"in/3/7: gzip"},)"
      R"({"kind":"future","partition":0,"offset":0,"seen_ms":1468244401321,"first":""}],)"
      R"("recent":[{"window_start":1468244280,"unique_users":41130,"events":59983,"late":12,"invalid":4,"future":3,)"
      R"("published_at_ms":1468244346007}]})"
      "\n");
}

TEST(StatusReport, ComesBackFromItsOwnBytes) {
  for (const StatusReport& report : {Example(), StatusReport{}}) {
    const std::string json = ToJson(report);
    const Result<StatusReport> back = ParseStatusReport(json);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(ToJson(*back), json);
    EXPECT_EQ(back->has_closed_frontier, report.has_closed_frontier);
  }
}

// As while one is replaced by the next: the health of the older job can still be told.
TEST(StatusReport, OfAnOlderVersionIsReadWithoutWhatThatDidNotKnow) {
  std::string json = ToJson(Example());
  const size_t rule = json.find(R"(,"rule":)");
  json.replace(rule, json.size() - rule, "}");
  for (const char* later :
       {R"("unmoved_since_ms":1468244404321,)", R"("unmoved_since_ms":0,)", R"(,"committing_ms":32500)",
        R"(,"transaction_end":120020,"transaction_since_ms":1468244403321)",
        R"(,"transaction_end":null,"transaction_since_ms":0)"}) {
    json.erase(json.find(later), std::string(later).size());
  }
  const Result<StatusReport> back = ParseStatusReport(json);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->rule.window_s, 0);
  EXPECT_TRUE(back->recent.empty());
  EXPECT_EQ(back->minutes_published, 7U);
}

TEST(StatusReport, IgnoresFieldsItDoesNotKnow) {
  std::string json = ToJson(Example());
  json.insert(1, R"("later":{"version":[2]},)");
  EXPECT_TRUE(ParseStatusReport(json).ok());
}

TEST(StatusReport, SaysWhichFieldIsMissingOrOfTheWrongType) {
  const auto complaint_after = [](const std::string& from, const std::string& to) {
    std::string json = ToJson(Example());
    json.replace(json.find(from), from.size(), to);
    const Result<StatusReport> back = ParseStatusReport(json);
    return back.ok() ? "" : back.error().message;
  };
  EXPECT_NE(complaint_after(R"("state":"running",)", "").find("field state"), std::string::npos);
  EXPECT_NE(complaint_after(R"("pid":4712)", R"("pid":"4712")").find("field workers[0].pid"), std::string::npos);
  EXPECT_NE(complaint_after(R"([0,2])", R"([0,null])").find("field workers[0].partitions[1]"), std::string::npos);
  EXPECT_NE(complaint_after(R"("no_ts":6)", R"("no_ts":-6)").find("field totals.invalid_reasons.no_ts"),
            std::string::npos);
  EXPECT_NE(complaint_after(R"("version":1)", R"("version":2)").find("field version"), std::string::npos);
  EXPECT_NE(complaint_after(R"("coordinator":{)", R"("coordinator":[{}],"c":{)").find("field coordinator"),
            std::string::npos);
}

TEST(StatusReport, NoPrefixOfItsBytesIsTakenForAReport) {
  const std::string json = ToJson(Example());
  for (size_t length = 0; length + 1 < json.size(); ++length) {
    EXPECT_FALSE(ParseStatusReport(std::string_view(json).substr(0, length)).ok()) << length;
  }
}

TEST(StatusReport, ADeeplyNestedFileIsAnErrorAndNoCrash) {
  const std::string deep = std::string(test::kHarmlessDepth, '[') + std::string(test::kHarmlessDepth, ']');
  test::OnASmallStack([&] { EXPECT_FALSE(ParseStatusReport(deep).ok()); });
  EXPECT_FALSE(ParseStatusReport("[]").ok());
  EXPECT_FALSE(ParseStatusReport("").ok());
}

TEST(StatusFile, IsReplacedWholeAndLeavesNothingBeside) {
  const TemporaryDirectory directory;
  const std::string path = directory / "status.json";
  StatusReport report = Example();
  ASSERT_TRUE(ReplaceFile("status file", path, ToJson(report)).ok());
  report.state = "done";
  ASSERT_TRUE(ReplaceFile("status file", path, ToJson(report)).ok());
  const Result<StatusReport> back = ReadStatusFile(path);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->state, "done");
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) files += entry.exists() ? 1 : 0;
  EXPECT_EQ(files, 1);
}

TEST(StatusFile, ThatCannotBeWrittenOrReadIsAnErrorWithItsPath) {
  const TemporaryDirectory directory;
  const std::string path = directory / "missing/status.json";
  const Result<void> written = ReplaceFile("status file", path, ToJson(Example()));
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message.find(path), std::string::npos);
  const Result<StatusReport> read = ReadStatusFile(path);
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find(path), std::string::npos);
}

}  // namespace
}  // namespace headcount
