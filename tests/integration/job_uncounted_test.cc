// Topics of which nothing, or not everything, can be counted: what the job says of it, and when.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <string>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr char kProgram[] = HEADCOUNT_BINARY_DIR "/headcount";
constexpr int64_t kMinute = 1468244400;  // 2016-07-11T13:40:00Z

std::string InOneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

class JobUncounted : public testing::Test {
 protected:
  static OracleLog IsoTimes(int count) {
    return OracleLog(static_cast<size_t>(count), R"({"ts":"2016-07-11T13:40:00.000Z","uid":"a"})");
  }
  static void ExpectSays(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << "wanted: " << part << "\nsaid: " << text;
  }
  static std::string Explained(const Job& job, Arguments words = {}) {
    words.insert(words.begin(), "explain");
    words.insert(words.end(), {"--status-file", job.status_file().string()});
    return InOneLine(RunToEnd(kProgram, words).out);
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobUncounted, UntilEndIsAnErrorThatSaysWhereAndWhatAndTheNextStartHasNothingToRead) {
  Job job(broker_, 2);
  job.Produce(1, IsoTimes(60));
  const Finished run = job.Run({"--until-end"});
  EXPECT_EQ(Describe(run.status), "exit 65") << run.err;
  ExpectSays(run.err, "ERROR coordinator 0 of 60 frames could be counted: 60 bad_ts. " + job.input() +
                          "/1/0: ts is a string of 24 characters that looks like ISO 8601; root keys: ts, uid. What "
                          "helps: a time is in seconds or milliseconds since 1970");
  EXPECT_EQ(job.Status()->Text("state"), "failed");
  EXPECT_EQ(job.Status()->Number("totals.invalid"), 60);
  EXPECT_TRUE(job.Published().empty());

  const Finished again = job.Run({"--until-end"});
  EXPECT_EQ(Describe(again.status), "exit 0") << again.err;
  ExpectSays(again.err, "read 0 records: group " + job.group() + " is at the end of " + job.input());
}

TEST_F(JobUncounted, AStreamSaysSoOnceForEachPartitionAfterAThousandRecords) {
  Job job(broker_, 3, {"--workers", "2"});
  job.Produce(0, IsoTimes(1'500));
  job.Produce(1, IsoTimes(1'500));
  job.Produce(2, Seconds(kMinute, kMinute + 20, 1, "a"));
  job.Start();
  const auto said = [&job](int partition) {
    return CountOf(job.process().Err(),
                   "partition " + std::to_string(partition) + " of topic " + job.input() + ": none of its first ");
  };
  EXPECT_TRUE(Eventually([&] { return said(0) == 1 && said(1) == 1; })) << job.process().Err();
  ExpectSays(job.process().Err(), job.input() + "/0/0: ts is a string of 24 characters that looks like ISO 8601");
  // More of the same says nothing new.
  job.Produce(0, IsoTimes(3'000));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.invalid") == 6'000; }));
  EXPECT_EQ(said(0), 1U);
  EXPECT_EQ(said(2), 0U);
  EXPECT_EQ(job.Status()->Number("totals.invalid_reasons.bad_ts"), 6'000);
  EXPECT_EQ(job.Status()->Partition(0, "invalid_in_a_row"), 4'500);
  ExpectSays(Explained(job, {"--invalid"}), "bad_ts (its time is none): 6,000 frames");
  EXPECT_EQ(Describe(job.Drain().value_or(ExitStatus{})), "exit 0") << "a stream that is stopped has not failed";
  ExpectSays(job.process().Err(), ", 6,000 invalid (6000 bad_ts), 0 future; ");
}

TEST_F(JobUncounted, AStreamWithAFewBadFramesOnlySaysSoAfterTenSeconds) {
  Job job(broker_, 1);
  job.Produce(0, IsoTimes(3));
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.invalid") == 3; }));
  EXPECT_TRUE(Eventually([&] {
    return CountOf(job.process().Err(), "none of its first 3 records could be counted: 3 bad_ts. ") == 1;
  })) << job.process().Err();
  const std::string told = Explained(job);
  ExpectSays(told, "All 3 frames that were read are invalid: 3 bad_ts.");
  EXPECT_EQ(told.find("slow clock"), std::string::npos) << told;
}

TEST_F(JobUncounted, AMinuteWithManyInvalidFramesIsNamedOnce) {
  Job job(broker_, 1);
  OracleLog log = Seconds(kMinute, kMinute + 30, 1, "a");
  log.insert(log.end(), 10, "no frame");
  const OracleLog more = Seconds(kMinute + 30, kMinute + 70, 1, "a");
  log.insert(log.end(), more.begin(), more.end());
  job.Produce(0, log);
  job.Start();
  ASSERT_TRUE(job.HasClosed(kMinute + 60));
  // 10 of 70 are no share to speak of.
  EXPECT_EQ(CountOf(job.process().Err(), "% of its frames were invalid"), 0U);
  job.Produce(0, OracleLog(40, R"({"ts":1468244470})"));
  job.Produce(0, Seconds(kMinute + 70, kMinute + 130, 1, "a"));
  ASSERT_TRUE(job.HasClosed(kMinute + 120));
  EXPECT_EQ(CountOf(job.process().Err(), "% of its frames were invalid"), 1U);
  ExpectSays(job.process().Err(),
             "2016-07-11T13:41:00Z: 40 % of its frames were invalid, 40 of 100: 40 no_uid; the field is uid");
}

TEST_F(JobUncounted, LateFramesAreNamed) {
  Job job(broker_, 1);
  OracleLog log = Seconds(kMinute, kMinute + 70, 1, "a");
  log.emplace_back(Frame(kMinute, "b"));
  job.Produce(0, log);
  const Finished run = job.Run({"--until-end"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  ExpectSays(run.err, "partition 0 of topic " + job.input() + ", offset 70: counted as late");
  ExpectSays(run.err, "read 71 records: 70 counted, 1 late, 0 invalid, 0 future; 2 minutes published");
  ExpectSays(Explained(job, {"--late"}), "-t " + job.input() + " -p 0 -o 70");
}

// --- Records without a value --------------------------------------------------------------------------------------

class JobTombstones : public JobUncounted {
 protected:
  // Two minutes of which every third record has no value.
  static OracleLog WithTombstones(const OracleLog& log) {
    OracleLog mixed;
    for (size_t i = 0; i < log.size(); ++i) {
      mixed.push_back(log[i]);
      if (i % 2 == 1) mixed.emplace_back(std::nullopt);
    }
    return mixed;
  }
};

TEST_F(JobTombstones, AreInvalidUnlessTheyAreToBeIgnored) {
  const OracleLog log = Seconds(kMinute, kMinute + 90, 2, "a");
  Job invalid(broker_, 1);
  invalid.Produce(0, WithTombstones(log));
  invalid.RunUntilEnd();
  EXPECT_EQ(invalid.Published(), RightRecords(invalid.logs()));
  EXPECT_EQ(invalid.Status()->Number("totals.invalid_reasons.no_value"), 90);

  Job ignoring(broker_, 1, {"--tombstones", "ignore"});
  ignoring.Produce(0, WithTombstones(log));
  const Finished run = ignoring.Run({"--until-end"});
  ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(ignoring.Published(), RightRecords({log}));
  const std::optional<JobStatus> status = ignoring.Status();
  EXPECT_EQ(status->Number("totals.tombstones"), 90);
  EXPECT_EQ(status->Number("totals.invalid"), 0);
  EXPECT_EQ(status->Number("totals.records"), 270);
  EXPECT_EQ(status->Number("totals.records"), status->Number("totals.events") + status->Number("totals.late") +
                                                  status->Number("totals.invalid") + status->Number("totals.future") +
                                                  status->Number("totals.tombstones"));
  ExpectSays(run.err, "0 future, 90 tombstones passed over; 2 minutes published");
}

// The rule counts records behind a held frame. Were ignored ones among them, a log would be judged otherwise once it is
// compacted; and so would a replay.
TEST_F(JobTombstones, ThatAreIgnoredChangeNoVerdictAlsoOfHeldFramesAndThroughDeaths) {
  const uint64_t seed = 77;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::vector<OracleLog> logs = HostileLogs(seed, 20'000, 2, 10);
  for (OracleLog& log : logs) log.erase(std::remove(log.begin(), log.end(), std::nullopt), log.end());
  Job job(broker_, 2, {"--tombstones", "ignore", "--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  for (int32_t p = 0; p < 2; ++p) job.Produce(p, WithTombstones(logs[static_cast<size_t>(p)]));
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.ClosedUpto() > 0; }));
  kill(job.WorkerPid(0), SIGKILL);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Worker(0, "restarts") == 1; }));
  job.Kill();
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(logs, CountingRule{10, 5, 5}));
}

// --- Records that no headcount wrote --------------------------------------------------------------------------------

TEST_F(JobUncounted, TailAndReportMarkRecordsThatNoHeadcountCanHaveWritten) {
  Job job(broker_, 1);
  job.Produce(0, Seconds(kMinute, kMinute + 130, 2, "a"));
  job.RunUntilEnd();
  const std::vector<std::string> published = job.Published();
  ASSERT_EQ(published.size(), 3U);
  std::string wrong = published[0];
  wrong.replace(wrong.find("\"unique_users\":2"), 16, "\"unique_users\":999999");
  broker_.Produce(job.output(), 0, {wrong}, std::to_string(kMinute));
  broker_.Produce(job.output(), 0, {published[0]}, std::to_string(kMinute + 60));
  broker_.Produce(job.output(), 1, {std::nullopt}, std::to_string(kMinute));

  const Arguments words = {"-b", broker_.bootstrap_server(), "--output-topic", job.output()};
  Arguments tail = {"tail", "--until-end", "--json"};
  tail.insert(tail.end(), words.begin(), words.end());
  const Finished shown = RunToEnd(kProgram, tail);
  EXPECT_EQ(Describe(shown.status), "exit 0") << shown.err;
  EXPECT_EQ(shown.out, published[0] + "\n" + published[1] + "\n" + published[2] + "\n");
  ExpectSays(shown.err, ": not written by headcount: it has more unique_users than events\n");
  ExpectSays(shown.err, ": not written by headcount: its key is not its window_start\n");
  ExpectSays(shown.err, job.output() + "/1/");
  ExpectSays(shown.err, ": not written by headcount: it has no value\n");

  Arguments report = {"report", "--out", "-"};
  report.insert(report.end(), words.begin(), words.end());
  const Finished page = RunToEnd(kProgram, report);
  EXPECT_EQ(Describe(page.status), "exit 0") << page.err;
  ExpectSays(page.out, "Left out: 3 records that headcount cannot have written.");
  EXPECT_EQ(page.out.find("999"), std::string::npos);
  ExpectSays(page.err, "records like it that are left out: 3");
}

}  // namespace
}  // namespace headcount::test
