// What a person on call is told about a real job: `headcount explain` and `headcount status --watch`.
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr char kProgram[] = HEADCOUNT_BINARY_DIR "/headcount";
constexpr int64_t kMinute = 1468244400;  // 2016-07-11T13:40:00Z

class JobExplain : public testing::Test {
 protected:
  // In one line, so that it does not matter where it was wrapped.
  static std::string Told(const Job& job, Arguments words = {}) {
    words.insert(words.begin(), "explain");
    words.insert(words.end(), {"--status-file", job.status_file().string()});
    const Finished explained = RunToEnd(kProgram, words);
    EXPECT_EQ(Describe(explained.status), "exit 0") << explained.err;
    std::string all;
    std::istringstream lines(explained.out);
    for (std::string word; lines >> word;) all += (all.empty() ? "" : " ") + word;
    return all;
  }
  static void ExpectTold(const std::string& told, const std::string& part) {
    EXPECT_NE(told.find(part), std::string::npos) << "wanted: " << part << "\ntold: " << told;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobExplain, SaysOfAnEmptyTopicThatNothingIsOpen) {
  Job job(broker_, 2);
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Idle(0) == "empty" && s.Idle(1) == "empty"; }));
  ExpectTold(Told(job), "No minute is open: no frame has been counted yet in any of 2 partitions");
}

TEST_F(JobExplain, SaysWhoHoldsAMinuteAndThenWhenItCameOut) {
  Job job(broker_, 2, {"--idle-timeout", "10m"});
  job.Produce(0, Seconds(kMinute, kMinute + 70, 1, "a"));
  job.Produce(1, Seconds(kMinute, kMinute + 11, 2, "b"));
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) {
    return s.Partition(0, "watermark") == kMinute + 69 && s.Partition(1, "watermark") == kMinute + 10 &&
           s.Partition(1, "lag") == 0;
  })) << ReadFile(job.status_file());
  const std::string held = Told(job, {"2016-07-11T13:40:30Z"});
  ExpectTold(held,
             "Minute 2016-07-11T13:40:00Z is not published yet. It is, once every partition's clock shows "
             "2016-07-11T13:41:05Z");
  ExpectTold(held,
             "1 partition of 2 holds it back: - partition 1: its clock shows 2016-07-11T13:40:10Z, 55 s too early. "
             "It is read to its end, and its clock has stood for");
  ExpectTold(held, "silent for 10m (idle-timeout)");
  ExpectTold(Told(job, {"2016-07-11T14:00:00Z"}),
             "It has never been seen: the newest frame counted anywhere is of "
             "2016-07-11T13:41:09Z (partition 0).");

  job.Produce(1, Seconds(kMinute + 11, kMinute + 70, 1, "b"));
  ASSERT_TRUE(job.HasClosed(kMinute + 60));
  const std::string out = Told(job, {std::to_string(kMinute)});
  ExpectTold(out, "Minute 2016-07-11T13:40:00Z was published at ");
  ExpectTold(out, ": 3 users in 131 events; 0 late, 0 invalid, 0 future.");
  EXPECT_EQ(Describe(job.Drain().value_or(ExitStatus{})), "exit 0");
  ExpectTold(Told(job), "The job has ended.");
}

TEST_F(JobExplain, NamesFramesFromTheFutureThatAreHeldBack) {
  Job job(broker_, 1, {"--idle-timeout", "10m"});
  OracleLog log = Seconds(kMinute, kMinute + 20, 1, "a");
  for (int i = 0; i < 3; ++i) log.emplace_back(Frame(kMinute + 86400, "b"));
  job.Produce(0, log);
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Partition(0, "held") == 3; }));
  ExpectTold(Told(job), "3 frames ran ahead of its clock and wait for later ones to confirm them");
}

TEST_F(JobExplain, TailShowsTheLastMinutesOfAllPartitionsInOrderAndThenEachNewOne) {
  Job job(broker_, 1);
  job.Produce(0, Seconds(kMinute, kMinute + 310, 2, "a"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kMinute + 300));
  const Arguments words = {"tail", "-b", broker_.bootstrap_server(), "--output-topic", job.output(), "--last", "2"};
  const auto rows = [](int64_t first, int64_t behind) {
    std::string text = "MINUTE                    USERS     EVENTS     LATE  INVALID   FUTURE\n";
    for (int64_t minute = first; minute < behind; ++minute) {
      text += "2016-07-11T13:4" + std::to_string(minute) + ":00Z          2        120        0        0        0  " +
              std::string(9, '#') + "\n";
    }
    return text;
  };
  Arguments once = words;
  once.emplace_back("--until-end");
  const Finished there = RunToEnd(kProgram, once);
  EXPECT_EQ(Describe(there.status), "exit 0") << there.err;
  EXPECT_EQ(there.out, rows(3, 5));

  ChildProcess following(kProgram, words);
  EXPECT_TRUE(Eventually([&] { return following.Out() == rows(3, 5); })) << following.Out();
  job.Produce(0, Seconds(kMinute + 310, kMinute + 370, 2, "a"));
  EXPECT_TRUE(Eventually([&] { return following.Out() == rows(3, 6); })) << following.Out();

  once.emplace_back("--json");
  const std::vector<std::string> published = job.Published();
  ASSERT_EQ(published.size(), 6U);
  EXPECT_EQ(RunToEnd(kProgram, once).out, published[4] + "\n" + published[5] + "\n");
}

TEST_F(JobExplain, StatusIsShownAgainAndAgainWithItsLastMinutes) {
  Job job(broker_, 1);
  job.Produce(0, Seconds(kMinute, kMinute + 130, 2, "a"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kMinute + 120));
  ChildProcess watching(kProgram, {"status", "--watch", "--status-file", job.status_file().string()});
  const auto pages = [&watching] {
    size_t count = 0;
    const std::string text = watching.Out();
    for (size_t at = text.find("PROCESS"); at != std::string::npos; at = text.find("PROCESS", at + 1)) ++count;
    return count;
  };
  EXPECT_TRUE(Eventually([&pages] { return pages() >= 3; }));
  const std::string text = watching.Out();
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "no terminal, no colours";
  EXPECT_NE(text.find("2016-07-11T13:41:00Z          2        120        0        0        0  #########\n"),
            std::string::npos)
      << text;
  EXPECT_LT(text.find("2016-07-11T13:41:00Z          2"), text.find("2016-07-11T13:40:00Z          2"));
}

TEST_F(JobExplain, ShowsWithKcatTheLastInvalidFrameOfEachReasonAlsoAfterTheWorkerHasDied) {
  if (RunToEnd("kcat", {"-V"}).status.code != 0) GTEST_SKIP() << "kcat is not installed";
  Job job(broker_, 2);
  OracleLog log = Seconds(kMinute, kMinute + 70, 1, "a");
  log.emplace_back("{\"first\":");
  log.emplace_back("not json either");
  log.emplace_back("[1]");
  log.emplace_back(Frame(kMinute + 70, "a"));
  job.Produce(1, log);
  job.Produce(0, Seconds(kMinute, kMinute + 70, 1, "b"));
  job.Start();
  const auto knows = [](const JobStatus& s) { return s.Count("rejected") == 2; };
  ASSERT_TRUE(job.Shows(knows)) << ReadFile(job.status_file());
  const std::string told = Told(job, {"--invalid"});
  ExpectTold(told, "not_json (no JSON in UTF-8): 2 frames, the last seen");
  ExpectTold(told, "in partition 1 at offset 71.");
  ExpectTold(told, "not_object (JSON, but no object): 1 frame,");

  const Finished explained = RunToEnd(kProgram, {"explain", "--invalid", "--status-file", job.status_file().string()});
  std::string shown;
  std::istringstream lines(explained.out);
  for (std::string line; std::getline(lines, line);) {
    const size_t command = line.find("kcat ");
    if (command != std::string::npos) shown += RunToEnd("sh", {"-c", line.substr(command)}).out;
  }
  EXPECT_EQ(shown, "not json either\n[1]\n");

  const int64_t pid = job.Status()->Worker(1, "pid");
  kill(static_cast<pid_t>(pid), SIGKILL);
  ASSERT_TRUE(job.Shows([pid, &knows](const JobStatus& s) {
    return s.Worker(1, "pid") != pid && s.Worker(1, "pid") != 0 && knows(s);
  })) << ReadFile(job.status_file());
}

}  // namespace
}  // namespace headcount::test
