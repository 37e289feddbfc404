// Nobody's death changes a count: the worker's, the writer's, the coordinator's, at the moments that matter.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;

class JobDeaths : public testing::Test {
 protected:
  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// Small windows: many transactions, so that a death falls between two of them.
const Arguments kTwoWorkers = {"--workers", "2", "--window", "10s"};
const CountingRule kTenSeconds{10, 5, 5};
// A silence settles what is held, which the oracle does at the end only.
const Arguments kTwoWorkersThatNeverFindSilence = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

// --- At a given moment ----------------------------------------------------------------------------------------

struct Moment {
  const char* state;  // common/log/crash_point.h
  const char* name;
  // How often a point is passed depends on how many windows happen to close together. The first pass is sure.
  bool is_certain;
};
void PrintTo(const Moment& moment, std::ostream* out) { *out << moment.state; }
std::string NameOfMoment(const testing::TestParamInfo<Moment>& moment) { return moment.param.name; }

class JobDeathsAt : public JobDeaths, public testing::WithParamInterface<Moment> {
 protected:
  void SetUp() override {
#ifndef HEADCOUNT_CRASH_POINTS
    GTEST_SKIP() << "built without crash points";
#endif
  }
};

TEST_P(JobDeathsAt, TheRunGoesOnAndGivesTheOraclesRecords) {
  Job job(broker_, 4, kTwoWorkers);
  job.ProduceAll(HostileLogs(7, 8'000, 4, 10));
  const std::string once = job.File("crashed");
  job.RunUntilEnd({}, {{"HEADCOUNT_CRASH_POINT", GetParam().state}, {"HEADCOUNT_CRASH_ONCE", once}});
  EXPECT_TRUE(std::filesystem::exists(once) || !GetParam().is_certain) << "nobody passed " << GetParam().state;
  EXPECT_EQ(job.Published(), RightRecords(job.logs(), kTenSeconds));
}

INSTANTIATE_TEST_SUITE_P(Moments, JobDeathsAt,
                         testing::Values(Moment{"worker.sealed", "WorkerHasSealed", true},
                                         Moment{"worker.sealed*9", "WorkerHasSealedOften", false},
                                         Moment{"worker.publishing", "WorkerPublishes", true},
                                         Moment{"worker.published*3", "WorkerHasPublished", false},
                                         Moment{"writer.claiming", "WriterClaims", true},
                                         Moment{"writer.merged", "WriterHasMerged", true},
                                         Moment{"writer.committing*2", "WriterBeginsToCommit", false},
                                         Moment{"writer.records_produced*2", "WriterHasSentRecords", true},
                                         Moment{"writer.offsets_sent", "WriterClaimsAndHasSentOffsets", true},
                                         Moment{"writer.offsets_sent*2", "WriterHasSentOffsets", true},
                                         Moment{"writer.committed", "WriterHasCommitted", true},
                                         Moment{"writer.committed*3", "WriterHasCommittedOften", false},
                                         Moment{"writer.telling", "WriterTells", true}),
                         NameOfMoment);

TEST_P(JobDeathsAt, TheNextRunGoesOnWhenTheCoordinatorIsKilledAtTheSameTime) {
  Job job(broker_, 3, kTwoWorkers);
  job.ProduceAll(HostileLogs(8, 8'000, 3, 10));
  const std::string once = job.File("crashed");
  job.Start({"--until-end"}, {{"HEADCOUNT_CRASH_POINT", GetParam().state}, {"HEADCOUNT_CRASH_ONCE", once}});
  EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(once) || !job.process().IsRunning(); }));
  EXPECT_TRUE(std::filesystem::exists(once) || !GetParam().is_certain) << "nobody passed " << GetParam().state;
  job.Kill();
  job.ExpectExactInTheEnd(kTenSeconds);
}

// --- At any moment --------------------------------------------------------------------------------------------

class JobKilledWhileReading : public JobDeaths {
 protected:
  // `kill` does its worst while frames arrive: several times, each time when everybody lives again.
  void Feed(const std::function<void()>& kill) {
    const std::vector<OracleLog> logs = HostileLogs(11, 16'000, 4, 20);
    ProduceRound(logs, 0);
    job_.Start();
    for (size_t round = 1; round < kRounds; ++round) {
      ASSERT_TRUE(job_.Shows(EverybodyLives));
      ProduceRound(logs, round, kill);
    }
  }

  void ExpectTheOraclesRecords() { job_.ExpectExactInTheEnd(kTenSeconds); }

  Job job_{broker_, 4, kTwoWorkersThatNeverFindSilence};

 private:
  static bool EverybodyLives(const JobStatus& status) {
    return status.Text("state") == "running" && status.Number("writer.pid") > 0 && status.Worker(0, "pid") > 0 &&
           status.Worker(1, "pid") > 0;
  }

  void ProduceRound(const std::vector<OracleLog>& logs, size_t round, const std::function<void()>& kill = {}) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kRounds);
      };
      if (p == 2 && kill) kill();
      job_.Produce(static_cast<int32_t>(p), OracleLog(at(round), at(round + 1)));
    }
  }

  static constexpr size_t kRounds = 5;
};

TEST_F(JobKilledWhileReading, WorkersAreReplacedAgainAndAgainAndTheCountsAreExact) {
  int32_t slot = 0;
  Feed([&] {
    slot = 1 - slot;
    const pid_t killed = job_.WorkerPid(slot);
    kill(killed, SIGKILL);
    EXPECT_TRUE(job_.Shows([&](const JobStatus& s) { return s.Worker(slot, "pid") != killed; }));
  });
  const std::optional<JobStatus> status = job_.Status();
  EXPECT_EQ(status->Worker(0, "restarts"), 2);
  EXPECT_EQ(status->Worker(1, "restarts"), 2);
  EXPECT_EQ(status->Number("writer.restarts"), 0);
  EXPECT_EQ(Describe(*job_.Drain()), "exit 0");
  ExpectTheOraclesRecords();
}

TEST_F(JobKilledWhileReading, WritersAreReplacedAgainAndAgainAndTheCountsAreExact) {
  Feed([&] {
    const pid_t killed = job_.WriterPid();
    kill(killed, SIGKILL);
    EXPECT_TRUE(job_.Shows([&](const JobStatus& s) { return s.Number("writer.pid") != killed; }));
  });
  EXPECT_EQ(job_.Status()->Number("writer.restarts"), 4);
  EXPECT_EQ(Describe(*job_.Drain()), "exit 0");
  ExpectTheOraclesRecords();
}

TEST_F(JobKilledWhileReading, ACoordinatorTakesItsChildrenAlongAndTheNextGoesOn) {
  Feed([&] {
    const pid_t worker = job_.WorkerPid(0);
    const pid_t writer = job_.WriterPid();
    job_.Kill();
    EXPECT_TRUE(Eventually([&] { return kill(worker, 0) != 0 && kill(writer, 0) != 0; }, seconds(5)));
    job_.Start();
  });
  ExpectTheOraclesRecords();
}

TEST_F(JobKilledWhileReading, TheSupervisorStartsAKilledCoordinatorAgain) {
  Job job(broker_, 4, kTwoWorkersThatNeverFindSilence);
  job.ProduceAll(HostileLogs(12, 8'000, 4, 10));
  ChildOptions options;
  options.environment = {{"HEADCOUNT_BIN", HEADCOUNT_BINARY_DIR "/headcount"}};
  Arguments words = {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"};
  for (std::string& word : job.Words()) words.push_back(std::move(word));
  ChildProcess supervisor("bash", words, options);
  ASSERT_TRUE(job.Publishes(3));
  int64_t killed = 0;
  ASSERT_TRUE(job.Shows([&](const JobStatus& s) { return (killed = s.Number("coordinator.pid")) > 0; }));
  kill(static_cast<pid_t>(killed), SIGKILL);
  EXPECT_TRUE(job.Shows([&](const JobStatus& s) {
    return s.Number("coordinator.pid") != killed && s.Text("state") == "running";
  })) << supervisor.Err();
  supervisor.Signal(SIGTERM);
  EXPECT_EQ(Describe(supervisor.Wait().value_or(ExitStatus{})), "exit 0") << supervisor.Err();
  job.ExpectExactInTheEnd(kTenSeconds);
}

// --- Not dead, but not alive ----------------------------------------------------------------------------------

TEST_F(JobDeaths, AWorkerThatStandsStillForTenSecondsIsKilledAndReplaced) {
  Job job(broker_, 2, kTwoWorkersThatNeverFindSilence);
  job.ProduceAll(HostileLogs(13, 4'000, 2, 5));
  job.Start();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.records") > 0; }));
  const pid_t stopped = job.WorkerPid(1);
  kill(stopped, SIGSTOP);
  job.Produce(1, Seconds(1468250000, 1468250100, 2, "later"));
  EXPECT_TRUE(job.Shows([&](const JobStatus& s) { return s.Worker(1, "restarts") == 1 && s.Worker(1, "pid") > 0; }));
  EXPECT_NE(job.WorkerPid(1), stopped);
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kTenSeconds);
}

}  // namespace
}  // namespace headcount::test
