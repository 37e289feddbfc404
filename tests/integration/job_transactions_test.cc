// Transactions of others that stand open in the input: --until-end waits for them and says so, --leave-open does not,
// and who asks a streaming job is told. The broker ends those of producers that have died.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <sstream>

#include "tests/support/job_testing.h"
#include "tests/support/terminal.h"

namespace headcount::test {
namespace {

constexpr char kProgram[] = HEADCOUNT_BINARY_DIR "/headcount";
constexpr int64_t kStart = 1468244400;  // a boundary
constexpr int64_t kOpenAt = 180;        // the offset at which the transaction of partition 1 begins

bool WaitsForTransaction(const JobStatus& status) {
  return status.Count("clock.held_by") > 0 &&
         status.Text("clock.held_by.0.why") == "read up to an open transaction at offset " + std::to_string(kOpenAt);
}

class JobTransactions : public testing::Test {
 protected:
  // Partition 1 stops at a transaction; the others go on. `plain_behind`: records without one lie behind it.
  void Begin(Job* job, bool plain_behind, std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
    job->Produce(0, Seconds(kStart, kStart + 200, 3, "a"));
    job->Produce(1, Seconds(kStart, kStart + 60, 3, "b"));
    job->Produce(2, Seconds(kStart, kStart + 150, 1, "c"));
    other_ = std::make_unique<TransactionalProducer>(broker_, TestBroker::UniqueName("other"), timeout);
    other_->Begin();
    other_->Produce(job->input(), 1, open_);
    if (plain_behind) broker_.Produce(job->input(), 1, behind_);
  }
  // What is right once it has ended.
  std::vector<std::string> Right(const Job& job, bool is_committed, bool plain_behind) const {
    std::vector<OracleLog> logs = job.logs();
    if (is_committed) logs[1].insert(logs[1].end(), open_.begin(), open_.end());
    if (plain_behind) logs[1].insert(logs[1].end(), behind_.begin(), behind_.end());
    return RightRecords(logs);
  }
  void EndIt(bool is_committed) {
    if (is_committed) {
      other_->Commit();
    } else {
      other_->Abort();
    }
  }
  static void ExpectDone(Job* job) { EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0"); }
  static std::string Printed(const Job& job, const std::string& command) {
    const Finished finished = RunToEnd(kProgram, {command, "--status-file", job.status_file().string()});
    EXPECT_EQ(Describe(finished.status), "exit 0") << finished.err;
    std::string all;
    std::istringstream lines(finished.out);
    for (std::string word; lines >> word;) all += (all.empty() ? "" : " ") + word;
    return all;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  const OracleLog open_ = Seconds(kStart + 60, kStart + 130, 3, "t");
  const OracleLog behind_ = Seconds(kStart + 130, kStart + 190, 2, "d");
  std::unique_ptr<TransactionalProducer> other_;
};

// --- --until-end ----------------------------------------------------------------------------------------------

struct Ending {
  bool is_committed;
  bool plain_behind;
  int workers;
};

class JobTransactionsUntilEnd : public JobTransactions, public testing::WithParamInterface<Ending> {};

TEST_P(JobTransactionsUntilEnd, WaitsSaysSoOnceAndThenEveryMinuteIsExact) {
  const Ending& ending = GetParam();
  Job job(broker_, 3, {"--workers", std::to_string(ending.workers)});
  Begin(&job, ending.plain_behind);
  job.Start({"--until-end"});
  ASSERT_TRUE(job.Shows(WaitsForTransaction)) << ReadFile(job.status_file());
  const int64_t end = broker_.Ends(job.input(), 1).second;
  const std::string said = "waiting for an open transaction in partition 1 of " + job.input() + ": offsets [" +
                           std::to_string(kOpenAt) + ", " + std::to_string(end) + ")";
  ASSERT_TRUE(Eventually([&] { return job.process().Err().find(said) != std::string::npos; })) << job.process().Err();
  EXPECT_TRUE(job.process().IsRunning());
  EXPECT_TRUE(job.Published().empty()) << "partition 1 has not reached the end of the first minute";

  EndIt(ending.is_committed);
  ExpectDone(&job);
  EXPECT_EQ(job.Published(), Right(job, ending.is_committed, ending.plain_behind));
  const std::string err = job.process().Err();
  EXPECT_EQ(err.find(said), err.rfind(said)) << err;
  // And there is nothing left for another one.
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), Right(job, ending.is_committed, ending.plain_behind));
}

INSTANTIATE_TEST_SUITE_P(Of, JobTransactionsUntilEnd,
                         testing::Values(Ending{true, true, 1}, Ending{true, false, 3}, Ending{false, true, 3},
                                         Ending{false, false, 1}),
                         [](const auto& param) {
                           const Ending& ending = param.param;
                           return std::string(ending.is_committed ? "Committed" : "Aborted") +
                                  (ending.plain_behind ? "WithRecordsBehind" : "AtTheVeryEnd") +
                                  std::to_string(ending.workers) + "Workers";
                         });

TEST_F(JobTransactions, OfAProducerThatHasDiedIsEndedByTheBrokerAndThenTheJobIsDone) {
  Job job(broker_, 3, {"--workers", "2"});
  Begin(&job, true, std::chrono::seconds(1));
  other_.reset();
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), Right(job, false, true));
}

// Who dies while it is waited for reads again and waits again.
TEST_F(JobTransactions, AreStillWaitedForAfterTheDeathOfAWorkerAndOfTheWriter) {
  Job job(broker_, 3, {"--workers", "3"});
  Begin(&job, true);
  job.Start({"--until-end"});
  ASSERT_TRUE(job.Shows(WaitsForTransaction));
  const int64_t worker_before = job.Status()->Worker(1, "generation");
  kill(job.WorkerPid(1), SIGKILL);
  ASSERT_TRUE(job.Shows([worker_before](const JobStatus& s) {
    return s.Worker(1, "generation") > worker_before && WaitsForTransaction(s);
  })) << ReadFile(job.status_file());
  const int64_t writer_before = job.Status()->Number("writer.generation");
  kill(job.WriterPid(), SIGKILL);
  ASSERT_TRUE(job.Shows([writer_before](const JobStatus& s) {
    return s.Number("writer.generation") > writer_before && WaitsForTransaction(s);
  })) << ReadFile(job.status_file());
  EndIt(true);
  ExpectDone(&job);
  EXPECT_EQ(job.Published(), Right(job, true, true));
}

TEST_F(JobTransactions, AreShownOnATerminalWhileTheyAreWaitedFor) {
  Job job(broker_, 3, {"--workers", "1"});
  Begin(&job, false);
  Terminal terminal(120);
  Arguments words = {"-c", "exec \"$0\" \"$@\" 2> " + terminal.name(), kProgram, "run"};
  const Arguments of_job = job.Words({"--until-end"});
  words.insert(words.end(), of_job.begin(), of_job.end());
  ChildOptions options;
  options.environment.emplace_back("TERM", "xterm");
  ChildProcess process("bash", words, options);
  const std::string line = "waiting for an open transaction: partition 1 at offset " + std::to_string(kOpenAt) +
                           " of " + std::to_string(broker_.Ends(job.input(), 1).second) + " (";
  ASSERT_TRUE(Eventually([&] { return terminal.Text().find("\r\x1b[K" + line) != std::string::npos; }))
      << terminal.Text();
  EndIt(true);
  EXPECT_EQ(Describe(process.Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_EQ(job.Published(), Right(job, true, false));
  // The last one is wiped, and nothing stands behind it.
  const std::string text = terminal.Text();
  const size_t last = text.rfind(line);
  EXPECT_NE(text.find("\r\x1b[K", last), std::string::npos) << text;
}

TEST_F(JobTransactions, AreNotWaitedForWithLeaveOpenAndTheirMinutesComeWithTheNextStart) {
  Job job(broker_, 3, {"--workers", "2"});
  Begin(&job, true);
  job.RunUntilEnd({"--leave-open"});
  EXPECT_TRUE(job.Published().empty()) << "partition 1 has not reached the end of the first minute";
  EXPECT_EQ(job.process().Err().find("waiting for"), std::string::npos);
  EndIt(true);
  ASSERT_TRUE(Eventually([&] {
    return broker_.Ends(job.input(), 1, Isolation::kReadCommitted).second == broker_.Ends(job.input(), 1).second;
  }));
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), Right(job, true, true));
}

// What can be read of it ends at 0, and yet it is not empty.
TEST_F(JobTransactions, AtTheBeginningOfAPartitionHoldsTheMinutesThatLeaveOpenLeaves) {
  Job job(broker_, 2, {"--workers", "2"});
  job.Produce(0, Seconds(kStart, kStart + 200, 3, "a"));
  TransactionalProducer other(broker_, TestBroker::UniqueName("other"));
  other.Begin();
  other.Produce(job.input(), 1, open_);
  job.RunUntilEnd({"--leave-open"});
  EXPECT_TRUE(job.Published().empty());
  other.Commit();
  ASSERT_TRUE(Eventually([&] {
    return broker_.Ends(job.input(), 1, Isolation::kReadCommitted).second == static_cast<int64_t>(open_.size()) + 1;
  }));
  job.RunUntilEnd();
  std::vector<OracleLog> logs = job.logs();
  logs[1] = open_;
  EXPECT_EQ(job.Published(), RightRecords(logs));
}

// --- Streaming ------------------------------------------------------------------------------------------------

TEST_F(JobTransactions, ThatHoldTheClockOfAStreamingJobAreNamedByStatusAndExplain) {
  Job job(broker_, 3, {"--workers", "2", "--idle-timeout", "500ms"});
  Begin(&job, true);
  job.Start();
  ASSERT_TRUE(job.Shows(WaitsForTransaction)) << ReadFile(job.status_file());
  const int64_t end = broker_.Ends(job.input(), 1).second;
  EXPECT_EQ(job.Status()->Partition(1, "transaction_end"), end);
  EXPECT_GT(job.Status()->Partition(1, "transaction_since_ms"), 0);
  EXPECT_EQ(job.Status()->Partition(0, "transaction_end"), -1);
  EXPECT_NE(Printed(job, "status").find("open_txn"), std::string::npos);
  const std::string told = Printed(job, "explain");
  for (const std::string& part :
       {"partition 1: its clock shows 2016-07-11T13:40:59Z, 6 s too early. It is read up to an open transaction at "
        "offset " +
            std::to_string(kOpenAt) + ", which has stood there for ",
        "up to offset " + std::to_string(end) + " is read once it is committed or aborted",
        "describe-producers --topic " + job.input() + " --partition 1"}) {
    EXPECT_NE(told.find(part), std::string::npos) << "wanted: " << part << "\ntold: " << told;
  }
  EndIt(true);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Partition(1, "transaction_end") < 0; }));
  EXPECT_TRUE(job.HasClosed(kStart + 60));
  EXPECT_EQ(Printed(job, "status").find("open_txn"), std::string::npos);
}

}  // namespace
}  // namespace headcount::test
