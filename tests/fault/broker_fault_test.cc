// What a broker and the network before it can do to the job: go away, come back, die within a transaction, lose what
// was said, be slow. The broker is one of this program's own. Killing its process loses nothing that it has
// acknowledged: that lies in the kernel's cache, so acks=all with one replica is as good here as it would be with three
// and a power cut.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/fault/fault_table.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/outage.h"
#include "tests/support/own_broker.h"
#include "tests/support/tcp_proxy.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

const CountingRule kRule{10, 5, 5};
constexpr uint64_t kFrames = 12'000;
constexpr int64_t kMinutes = 12;

// A job behind a proxy, and the hostile frames that are to arrive in it bit by bit.
class Patient {
 public:
  Patient(const TestBroker& broker, uint64_t seed, size_t parts)
      : logs_(HostileLogs(seed, kFrames, 4, kMinutes)),
        parts_(parts),
        proxy_(broker.bootstrap_server()),
        job_(broker, 4, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"}) {
    job_.UseAddress(proxy_.address());
  }

  void ProducePart() {
    for (size_t p = 0; p < logs_.size(); ++p) {
      const auto at = [&](size_t part) {
        return logs_[p].begin() + static_cast<std::ptrdiff_t>(logs_[p].size() * part / parts_);
      };
      job_.Produce(static_cast<int32_t>(p), OracleLog(at(produced_), at(produced_ + 1)));
    }
    ++produced_;
  }
  // With the first part, so that it does not take the topic for an empty one.
  void Start(const Environment& environment = {}) {
    ProducePart();
    job_.Start({}, environment);
  }
  bool HasReadAll() const {
    int64_t all = 0;
    for (const OracleLog& log : job_.logs()) all += static_cast<int64_t>(log.size());
    return job_.Shows([all](const JobStatus& s) { return s.Reached() == all; }, seconds(120));
  }
  bool EndsWithin(milliseconds time) {
    return Eventually([this] { return !job_.process().IsRunning(); }, time);
  }
  uint64_t Deaths() const {
    const std::optional<JobStatus> status = job_.Status();
    return static_cast<uint64_t>(status->Number("writer.restarts") + status->Worker(0, "restarts") +
                                 status->Worker(1, "restarts"));
  }
  // Produces, and says how long it took until something was read again.
  int64_t RecoveryMs() {
    const Clock::time_point begun = Clock::now();
    const int64_t reached = job_.Status()->Reached();
    ProducePart();
    EXPECT_TRUE(job_.Shows([reached](const JobStatus& s) { return s.Reached() > reached; }, seconds(60)));
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begun).count();
  }
  void ExpectDrained() {
    const Clock::time_point asked = Clock::now();
    EXPECT_EQ(Describe(job_.Drain().value_or(ExitStatus{})), "exit 0");
    EXPECT_LT(Clock::now() - asked, seconds(10));
  }
  // The rest arrives, everything is read to its end, compared, and added to the row.
  void Finish(FaultRow* row) {
    while (produced_ < parts_) ProducePart();
    proxy_.Become({});
    proxy_.ClearRules();
    job_.RunUntilEnd();
    const std::vector<std::string> published = job_.Published();
    const MinuteErrors errors = Compare(published, RightRecords(job_.logs(), kRule));
    row->minutes += published.size();
    row->errors.lost += errors.lost;
    row->errors.doubled += errors.doubled;
    row->errors.differing += errors.differing;
  }

  // --- A writer that stops itself at a point -----------------------------------------------------------------
  bool WriterStands() const { return IsStopped(job_.WriterPid()); }
  bool LetWriterGoUntil(const std::function<bool()>& what) const {
    return Eventually(
        [&] {
          if (WriterStands()) kill(job_.WriterPid(), SIGCONT);
          return what();
        },
        seconds(60));
  }

  TcpProxy& proxy() { return proxy_; }
  Job& job() { return job_; }

 private:
  const std::vector<OracleLog> logs_;
  const size_t parts_;
  size_t produced_ = 0;
  TcpProxy proxy_;
  Job job_;
};

class BrokerFault : public testing::Test {
 protected:
  static void SetUpTestSuite() { own_ = std::make_unique<OwnBroker>(); }
  static void TearDownTestSuite() { own_.reset(); }

  static std::unique_ptr<OwnBroker> own_;
  const TestBroker broker_{own_->address()};
};

std::unique_ptr<OwnBroker> BrokerFault::own_;

// --- It goes away and comes back ------------------------------------------------------------------------------

TEST_F(BrokerFault, StoppedForThirtySecondsWhileFramesArriveItKillsNobodyAndNothingIsLost) {
  FaultRow row{"broker stopped for 30 s", 0, 0, {}, {}};
  Patient patient(broker_, 71, 6);
  patient.Start();
  ASSERT_TRUE(patient.HasReadAll());
  patient.ProducePart();
  own_->Stop();
  EXPECT_FALSE(patient.EndsWithin(seconds(30)));
  own_->Start();
  row.recovery_ms.push_back(patient.RecoveryMs());
  ++row.times;
  EXPECT_TRUE(patient.HasReadAll());
  EXPECT_EQ(patient.Deaths(), 0U);
  patient.ExpectDrained();
  patient.Finish(&row);
  Report(row);
}

// At its defaults, and with producers that come back ten seconds after the broker.
TEST_F(BrokerFault, HoweverLongItIsAwayNothingIsLateThatProducersSendWhenTheyAreBack) {
  FaultRow row{"broker killed for 5, 20 and 90 s, producers back 10 s later", 0, 0, {}, {}};
  for (const seconds away : {seconds(5), seconds(20), seconds(90)}) {
    const AfterOutage after = LiveThroughOutage(own_.get(), {away});
    EXPECT_EQ(after.late, 0) << away.count() << " s";
    const MinuteErrors errors = Compare(after.published, after.right);
    row.minutes += after.right.size();
    row.errors.lost += errors.lost;
    row.errors.doubled += errors.doubled;
    row.errors.differing += errors.differing;
    ++row.times;
  }
  Report(row);
}

TEST_F(BrokerFault, KilledWithinATransactionItLeavesNothingHalfDone) {
  FaultRow row{"broker killed within a transaction", 0, 0, {}, {}};
  for (const char* const point : {"writer.records_produced", "writer.offsets_sent"}) {
    Patient patient(broker_, 72, 4);
    patient.Start({{"HEADCOUNT_STOP_POINT", point}});
    // The first one is the claim.
    for (int kill_number = 0; kill_number < 2; ++kill_number, ++row.times) {
      ASSERT_TRUE(Eventually([&] { return patient.WriterStands(); }));
      own_->Kill();
      own_->Start();
      kill(patient.job().WriterPid(), SIGCONT);
      patient.ProducePart();
    }
    EXPECT_TRUE(patient.LetWriterGoUntil([&] {
      const std::optional<JobStatus> status = patient.job().Status();
      return status && status->Number("totals.minutes_published") > 0;
    }));
    // Where the broker took more than half a minute to come back, the writer stood still for too long, and was
    // replaced.
    EXPECT_LE(patient.Deaths(), 3U);
    patient.job().Kill();
    patient.Finish(&row);
  }
  Report(row);
}

TEST_F(BrokerFault, KilledWhenTheCommitHadBeenSentItHasDoneItOrNot) {
  FaultRow row{"broker killed when the commit was sent", 0, 0, {}, {}};
  Patient patient(broker_, 73, 8);
  patient.Start();
  ASSERT_TRUE(patient.HasReadAll());
  for (; row.times < 4; ++row.times) {
    // In turns: as it gets the request, whatever it has made of it by then; and when it has answered it.
    const uint64_t met = patient.proxy().Met();
    const uint64_t sent = patient.proxy().Requests(Api::kEndTxn);
    if (row.times % 2 == 1) patient.proxy().On({Api::kEndTxn, Deed::kDropAnswer});
    patient.ProducePart();
    ASSERT_TRUE(Eventually([&] {
      return row.times % 2 == 1 ? patient.proxy().Met() > met : patient.proxy().Requests(Api::kEndTxn) > sent;
    }));
    own_->Kill();
    patient.proxy().ClearRules();
    own_->Start();
    EXPECT_TRUE(patient.HasReadAll());
  }
  EXPECT_EQ(patient.Deaths(), 0U);
  patient.ExpectDrained();
  patient.Finish(&row);
  Report(row);
}

TEST_F(BrokerFault, WhileItIsAwayADrainEndsInTimeAndTheNextStartGoesOn) {
  FaultRow row{"SIGTERM while the broker is away", 0, 0, {}, {}};
  Patient patient(broker_, 74, 6);
  patient.Start();
  for (; row.times < 2; ++row.times) {
    ASSERT_TRUE(patient.HasReadAll());
    patient.ProducePart();
    row.times == 0 ? own_->Stop() : own_->Kill();
    patient.ExpectDrained();
    own_->Start();
    patient.ProducePart();
    patient.job().Start();
  }
  ASSERT_TRUE(patient.HasReadAll());
  patient.ExpectDrained();
  patient.Finish(&row);
  Report(row);
}

TEST_F(BrokerFault, WhenTheWholeJobDiesMeanwhileTheSupervisorStartsItUntilTheBrokerIsBack) {
  FaultRow row{"coordinator killed while the broker is stopped", 1, 0, {}, {}};
  Patient patient(broker_, 75, 4);
  patient.ProducePart();
  ChildOptions options;
  options.environment = {{"HEADCOUNT_BIN", HEADCOUNT_BINARY_DIR "/headcount"}};
  options.directory = patient.job().status_file().parent_path();
  Arguments words = {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"};
  for (std::string& word : patient.job().Words()) words.push_back(std::move(word));
  ChildProcess supervisor("bash", words, options);
  ASSERT_TRUE(patient.HasReadAll());
  patient.ProducePart();
  own_->Stop();
  kill(static_cast<pid_t>(patient.job().Status()->Number("coordinator.pid")), SIGKILL);
  EXPECT_TRUE(Eventually([&] { return supervisor.Err().find("exit=69") != std::string::npos; }, seconds(60)))
      << supervisor.Err();
  own_->Start();
  patient.ProducePart();
  EXPECT_TRUE(patient.HasReadAll()) << supervisor.Err();
  supervisor.Signal(SIGTERM);
  EXPECT_EQ(Describe(supervisor.Wait().value_or(ExitStatus{})), "exit 0") << supervisor.Err();
  patient.Finish(&row);
  Report(row);
}

// --- The network -----------------------------------------------------------------------------------------------

TEST_F(BrokerFault, ConnectionsAreCutAgainAndAgain) {
  FaultRow row{"connections cut every 300 ms", 0, 0, {}, {}};
  constexpr size_t kParts = 25;
  Patient patient(broker_, 76, kParts);
  patient.Start();
  ASSERT_TRUE(patient.HasReadAll());
  for (; row.times < kParts - 1; ++row.times) {
    const Clock::time_point next = Clock::now() + milliseconds(300);
    patient.ProducePart();
    patient.proxy().CutAll();
    EXPECT_TRUE(Eventually([next] { return Clock::now() >= next; }));
  }
  EXPECT_TRUE(patient.HasReadAll());
  EXPECT_EQ(patient.Deaths(), 0U);
  patient.ExpectDrained();
  patient.Finish(&row);
  Report(row);
}

TEST_F(BrokerFault, ConnectionsAreSlow) {
  FaultRow row{"connections slow: 100 ms there and back, 512 kB/s", 0, 0, {}, {}};
  Patient patient(broker_, 77, 4);
  Weather slow;
  slow.delay = milliseconds(50);
  slow.bytes_per_s = 512'000;
  patient.proxy().Become(slow);
  patient.Start();
  ASSERT_TRUE(patient.HasReadAll());
  for (; row.times < 3; ++row.times) {
    patient.ProducePart();
    EXPECT_TRUE(patient.HasReadAll());
  }
  EXPECT_EQ(patient.Deaths(), 0U);
  patient.ExpectDrained();
  patient.Finish(&row);
  Report(row);
}

TEST_F(BrokerFault, NothingIsHeardForALongTimeAndThenEverythingAtOnce) {
  FaultRow row{"network silent for 15 s", 0, 0, {}, {}};
  std::vector<std::unique_ptr<Patient>> patients;
  // Of the second one requests that were given up long ago arrive after all.
  for (const bool holds_requests : {false, true}) {
    patients.push_back(std::make_unique<Patient>(broker_, 78, 4));
    patients.back()->Start();
    ASSERT_TRUE(patients.back()->HasReadAll());
    Weather silent;
    silent.holds_answers = true;
    silent.holds_requests = holds_requests;
    patients.back()->proxy().Become(silent);
    patients.back()->ProducePart();
    ++row.times;
  }
  EXPECT_FALSE(patients.front()->EndsWithin(seconds(15)));
  for (const auto& patient : patients) {
    patient->proxy().Become({});
    row.recovery_ms.push_back(patient->RecoveryMs());
    EXPECT_TRUE(patient->HasReadAll());
    EXPECT_EQ(patient->Deaths(), 0U);
    patient->ExpectDrained();
    patient->Finish(&row);
  }
  Report(row);
}

// Longer than a transaction may take, and than the watch over a hung writer waits. All at once: each takes as long.
TEST_F(BrokerFault, NothingIsHeardForLongerThanATransactionMayTakeFromSomeStepOfItOn) {
  FaultRow row{"network silent for 45 s within a transaction", 0, 0, {}, {}};
  const std::vector<Api> steps = {Api::kAddPartitionsToTxn, Api::kProduce, Api::kTxnOffsetCommit, Api::kEndTxn};
  std::vector<std::unique_ptr<Patient>> patients;
  for (const Api step : steps) {
    patients.push_back(std::make_unique<Patient>(broker_, 79, 4));
    Patient& patient = *patients.back();
    patient.Start();
    ASSERT_TRUE(patient.HasReadAll());
    patient.proxy().On({step, Deed::kHoldRequest, WireError::kNone, 1});
    patient.ProducePart();
    ASSERT_TRUE(Eventually([&] { return patient.proxy().Met() > 0; }));
    Weather silent;
    silent.holds_requests = silent.holds_answers = true;
    patient.proxy().Become(silent);
    ++row.times;
  }
  EXPECT_FALSE(patients.front()->EndsWithin(seconds(45)));
  for (const auto& patient : patients) {
    patient->proxy().ReleaseUnconfirmed();
    patient->proxy().Become({});
    row.recovery_ms.push_back(patient->RecoveryMs());
    EXPECT_TRUE(patient->HasReadAll());
    // Also where librdkafka does not end sending offsets, while it looks for the group's coordinator.
    EXPECT_EQ(patient->Deaths(), 0U);
    patient->ExpectDrained();
    patient->Finish(&row);
  }
  Report(row);
}

// --- One answer ------------------------------------------------------------------------------------------------

// Both at once: each takes as long as a transaction may take.
TEST_F(BrokerFault, ACommitThatIsLostAndOneWhoseAnswerIsLostAreToldApart) {
  struct Loss {
    FaultRow row;
    Deed deed;
    std::string told;
    std::unique_ptr<Patient> patient;
    uint64_t taken = 0;
  };
  std::vector<Loss> losses;
  losses.push_back({{"commit lost", 1, 0, {}, {}}, Deed::kDropRequest, "that transaction had not happened", nullptr});
  losses.push_back(
      {{"answer to a commit lost", 1, 0, {}, {}}, Deed::kDropAnswer, "that transaction had happened", nullptr});
  for (Loss& loss : losses) {
    loss.patient = std::make_unique<Patient>(broker_, 80, 4);
    Patient& patient = *loss.patient;
    patient.Start();
    ASSERT_TRUE(patient.HasReadAll());
    ASSERT_TRUE(patient.job().Shows([](const JobStatus& s) { return s.Text("state") == "running"; }));
    loss.taken = patient.proxy().Requests(Api::kInitProducerId);
    patient.proxy().On({Api::kEndTxn, loss.deed});
    patient.ProducePart();
    EXPECT_TRUE(Eventually([&] { return patient.proxy().Met() > 0; }));
  }
  for (Loss& loss : losses) {
    Patient& patient = *loss.patient;
    EXPECT_TRUE(Eventually([&] { return patient.proxy().Requests(Api::kInitProducerId) > loss.taken; }, seconds(60)));
    patient.proxy().ClearRules();
    EXPECT_TRUE(Eventually([&] { return patient.job().process().Err().find(loss.told) != std::string::npos; }))
        << loss.row.fault;
    EXPECT_EQ(patient.Deaths(), 0U) << loss.row.fault;
    patient.ExpectDrained();
    patient.Finish(&loss.row);
    Report(loss.row);
  }
}

}  // namespace
}  // namespace headcount::test
