// How a job begins and ends: one at a time, drained or at once, with the exit code and the line that a person needs.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

class JobLife : public testing::Test {
 protected:
  static void ExpectEnd(const Finished& finished, int code, const std::vector<std::string>& words) {
    EXPECT_EQ(Describe(finished.status), "exit " + std::to_string(code));
    for (const std::string& word : words) {
      EXPECT_NE(finished.err.find(word), std::string::npos) << "no \"" << word << "\" in: " << finished.err;
    }
  }
  static bool HasRead(const Job& job) {
    int64_t all = 0;
    for (const OracleLog& log : job.logs()) all += static_cast<int64_t>(log.size());
    return job.Shows([all](const JobStatus& s) { return s.Reached() == all; });
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// --- The end --------------------------------------------------------------------------------------------------

TEST_F(JobLife, SigtermDrainsWithinTenSecondsAndTheNextStartGoesOnExactly) {
  Job job(broker_, 4, kStreaming);
  const std::vector<OracleLog> logs = HostileLogs(41, 8'000, 4, 10);
  constexpr size_t kStarts = 3;
  for (size_t start = 0; start < kStarts; ++start) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kStarts);
      };
      job.Produce(static_cast<int32_t>(p), OracleLog(at(start), at(start + 1)));
    }
    job.Start();
    // In the middle: some minutes are out, others are not.
    ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Text("state") == "running" && s.Reached() > 0; }));
    const Clock::time_point asked = Clock::now();
    EXPECT_EQ(Describe(*job.Drain()), "exit 0");
    EXPECT_LT(Clock::now() - asked, seconds(10));
    EXPECT_EQ(job.Status()->Text("state"), "done");
  }
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobLife, ADrainPublishesWhatIsClosableAndCommitsHowFarItRead) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 40, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 40, 3, "b"));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  EXPECT_EQ(job.Published().size(), 3U);
  EXPECT_GE(job.Committed()[0].offset, 90);
}

TEST_F(JobLife, ASecondSigtermEndsItAtOnceAndNothingIsLost) {
  Job job(broker_, 2, kStreaming);
  job.ProduceAll(HostileLogs(42, 4'000, 2, 5));
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.records") > 0; }));
  // A worker that cannot finish: the drain would wait for it.
  const pid_t worker = job.WorkerPid(0);
  kill(worker, SIGSTOP);
  job.process().Signal(SIGTERM);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Text("state") == "draining"; }));
  const Clock::time_point asked = Clock::now();
  job.process().Signal(SIGTERM);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_LT(Clock::now() - asked, seconds(2));
  EXPECT_TRUE(Eventually([worker] { return kill(worker, 0) != 0; }, seconds(5)));
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobLife, ADrainDoesNotWaitForAWorkerThatStandsStill) {
  Job job(broker_, 2, kStreaming);
  job.ProduceAll(HostileLogs(43, 4'000, 2, 5));
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.records") > 0; }));
  kill(job.WorkerPid(1), SIGSTOP);
  const Clock::time_point asked = Clock::now();
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  EXPECT_LT(Clock::now() - asked, seconds(10));
  job.ExpectExactInTheEnd(kRule);
}

// --- One at a time --------------------------------------------------------------------------------------------

TEST_F(JobLife, ASecondJobOfTheGroupOnThisHostIsRefusedAndNamesTheFirst) {
  Job job(broker_, 1, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 40, 3, "a"));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  const Finished second = RunToEnd(HEADCOUNT_BINARY_DIR "/headcount", job.WordsOfAnother("second.json"));
  ExpectEnd(second, 78, {"pid " + std::to_string(job.process().pid()), job.group()});
  EXPECT_TRUE(job.process().IsRunning());
  EXPECT_EQ(job.Status()->Number("writer.restarts"), 0);
}

TEST_F(JobLife, AHeadcountOnAnotherHostTakesOverAndTheFirstEndsWithoutPublishing) {
  Job job(broker_, 1, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 40, 3, "a"));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  // By another name the broker is another one to the lock, as on another host.
  Arguments words = job.WordsOfAnother("second.json");
  std::string& address = *std::find(words.begin(), words.end(), broker_.bootstrap_server());
  address = "localhost" + address.substr(address.find(':'));
  ChildProcess second(HEADCOUNT_BINARY_DIR "/headcount", words);
  ASSERT_TRUE(Eventually([&] { return second.Err().find("claimed") != std::string::npos; }));
  job.Produce(0, Seconds(kStart + 40, kStart + 80, 3, "a"));
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_NE(job.process().Err().find("took over"), std::string::npos);
  EXPECT_TRUE(job.Publishes(7));
  second.Signal(SIGTERM);
  EXPECT_EQ(Describe(second.Wait().value_or(ExitStatus{})), "exit 0") << second.Err();
  job.ExpectExactInTheEnd(kRule);
}

// --- What cannot begin ----------------------------------------------------------------------------------------

TEST_F(JobLife, AMissingTopicIsNamedAndEndsTheStart) {
  Job job(broker_, 1);
  const std::string missing = TestBroker::UniqueName("missing");
  Arguments no_input = job.WordsOfAnother("status.json");
  *std::find(no_input.begin(), no_input.end(), job.input()) = missing;
  ExpectEnd(RunToEnd(HEADCOUNT_BINARY_DIR "/headcount", no_input), 78, {missing});
  Arguments no_output = job.WordsOfAnother("status.json");
  *std::find(no_output.begin(), no_output.end(), job.output()) = missing;
  ExpectEnd(RunToEnd(HEADCOUNT_BINARY_DIR "/headcount", no_output), 78, {missing});
  EXPECT_EQ(broker_.PartitionCount(missing), 0) << "it has made the topic";
}

TEST_F(JobLife, ABrokerThatCannotBeReachedEndsTheStartWithinFifteenSeconds) {
  Job job(broker_, 1);
  Arguments words = job.WordsOfAnother("status.json");
  *std::find(words.begin(), words.end(), broker_.bootstrap_server()) = "127.0.0.1:1";
  const Clock::time_point begun = Clock::now();
  ExpectEnd(RunToEnd(HEADCOUNT_BINARY_DIR "/headcount", words), 69, {"127.0.0.1:1"});
  EXPECT_LT(Clock::now() - begun, seconds(15));
}

TEST_F(JobLife, AnInputTopicDeletedWhileItRunsEndsTheJob) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 40, 3, "a"));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  broker_.DeleteTopic(job.input());
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_NE(job.process().Err().find(job.input()), std::string::npos);
}

TEST_F(JobLife, ATopicMadeAnewUnderCommittedOffsetsIsRefused) {
  Job job(broker_, 1);
  job.Produce(0, Seconds(kStart, kStart + 120, 3, "a"));
  job.RunUntilEnd();
  const int64_t committed = *job.Committed()[0].offset;
  broker_.DeleteTopic(job.input());
  broker_.CreateTopic(job.input(), 1);
  broker_.Produce(job.input(), 0, Seconds(kStart + 120, kStart + 180, 1, "a"));
  // Deleting a topic deletes its offsets too: then the minutes in the output are what speaks against a start.
  const Finished finished = job.Run({"--until-end"});
  ExpectEnd(finished, 78, {job.Committed()[0].offset ? std::to_string(committed) : job.output()});
}

// --- The status file ------------------------------------------------------------------------------------------

TEST_F(JobLife, TheStatusFileHoldsWhatIsPromisedAndItsTotalsAddUp) {
  Job job(broker_, 3, {"--workers", "2", "--window", "10s"});
  job.ProduceAll(HostileLogs(44, 6'000, 3, 5));
  job.RunUntilEnd();
  const std::optional<JobStatus> status = job.Status();
  ASSERT_TRUE(status);
  for (const char* path : {"version",
                           "updated_at_ms",
                           "coordinator.pid",
                           "writer.pid",
                           "writer.generation",
                           "writer.restarts",
                           "clock.closed_upto",
                           "totals.records",
                           "totals.events",
                           "totals.late",
                           "totals.invalid",
                           "totals.future",
                           "totals.waiting",
                           "totals.minutes_published",
                           "totals.invalid_reasons.not_json",
                           "workers.1.slot",
                           "workers.1.pid",
                           "workers.1.generation",
                           "workers.1.restarts",
                           "workers.1.records",
                           "workers.1.memory_bytes",
                           "partitions.2.partition",
                           "partitions.2.worker",
                           "partitions.2.position",
                           "partitions.2.end",
                           "partitions.2.lag",
                           "partitions.2.watermark",
                           "partitions.2.safe_offset",
                           "partitions.2.held"}) {
    EXPECT_TRUE(status->MaybeNumber(path)) << path;
  }
  EXPECT_EQ(status->Number("version"), 1);
  EXPECT_EQ(status->Text("state"), "done");
  EXPECT_EQ(status->Text("run").size(), 16U);
  EXPECT_TRUE(status->Has("workers.0.records_per_s"));
  EXPECT_EQ(status->Count("workers.0.partitions"), 2U);
  EXPECT_EQ(status->Count("clock.held_by"), 0U);
  EXPECT_EQ(status->Text("partitions.2.excused"), "at_end");
  EXPECT_EQ(status->Text("partitions.2.state"), "caught_up");

  const OracleCounts right = OracleCount(job.logs(), kRule, NowS());
  EXPECT_EQ(status->Number("totals.records"), static_cast<int64_t>(right.records));
  EXPECT_EQ(right.waiting.records(), 0U);
  EXPECT_EQ(status->Number("totals.events"), static_cast<int64_t>(right.totals.counted));
  EXPECT_EQ(status->Number("totals.late"), static_cast<int64_t>(right.totals.late));
  EXPECT_EQ(status->Number("totals.invalid"), static_cast<int64_t>(right.totals.invalid()));
  EXPECT_EQ(status->Number("totals.future"), static_cast<int64_t>(right.totals.future));
  EXPECT_EQ(status->Number("totals.minutes_published"), static_cast<int64_t>(right.minutes.size()));
  for (size_t reason = 0; reason < kInvalidReasons; ++reason) {
    EXPECT_EQ(status->Number(std::string("totals.invalid_reasons.") + kInvalidReasonNames[reason]),
              static_cast<int64_t>(right.totals.invalid_by_reason[reason]))
        << kInvalidReasonNames[reason];
  }
  for (int32_t p = 0; p < 3; ++p) {
    const auto size = static_cast<int64_t>(job.logs()[static_cast<size_t>(p)].size());
    EXPECT_EQ(status->Partition(p, "position"), size);
    EXPECT_EQ(status->Partition(p, "lag"), 0);
    EXPECT_EQ(status->Partition(p, "safe_offset"), size);
  }
}

TEST_F(JobLife, TotalsAddUpThroughDeaths) {
  Job job(broker_, 2, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  job.ProduceAll(HostileLogs(45, 6'000, 2, 5));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  const auto verdicts = [](const JobStatus& s) {
    return s.Number("totals.events") + s.Number("totals.late") + s.Number("totals.invalid") + s.Number("totals.future");
  };
  kill(job.WorkerPid(0), SIGKILL);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Worker(0, "restarts") == 1 && s.Worker(0, "pid") > 0; }));
  ASSERT_TRUE(HasRead(job));
  const auto all = static_cast<int64_t>(job.logs()[0].size() + job.logs()[1].size());
  // What is held has no verdict yet.
  EXPECT_TRUE(job.Shows([&](const JobStatus& s) {
    return verdicts(s) == s.Number("totals.records") &&
           s.Number("totals.records") + s.Partition(0, "held") + s.Partition(1, "held") == all;
  }));
}

TEST_F(JobLife, ATopicWithNothingInItIsDoneAtOnce) {
  Job job(broker_, 3);
  job.RunUntilEnd();
  EXPECT_TRUE(job.Published().empty());
  EXPECT_EQ(job.Status()->Number("totals.records"), 0);
  job.RunUntilEnd({"--leave-open"});
  EXPECT_TRUE(job.Published().empty());
}

TEST_F(JobLife, InvalidFramesAloneWaitForAWindowAndAreShownAsThat) {
  Job job(broker_, 1);
  job.Produce(0, OracleLog(7, "no frame"));
  EXPECT_EQ(Describe(job.Run({"--until-end"}).status), "exit 65");
  EXPECT_TRUE(job.Published().empty());
  EXPECT_EQ(job.Status()->Number("totals.waiting"), 7);
  EXPECT_EQ(job.Status()->Number("totals.invalid"), 7);
  EXPECT_EQ(job.Status()->Number("totals.records"), 7);
  // They wait for as long as it takes, also from one run to the next.
  job.Produce(0, Seconds(kStart, kStart + 30, 3, "a"));
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

}  // namespace
}  // namespace headcount::test
