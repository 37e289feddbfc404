// Processes that stand still for longer than anybody waits for them: each kind alone, the whole job while another one
// takes over, and everything, as when a machine sleeps for a minute.
#include "tests/support/frozen.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>

#include "tests/fault/fault_table.h"
#include "tests/support/arrivals.h"
#include "tests/support/asleep.h"
#include "tests/support/job_testing.h"
#include "tests/support/takeover.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;

constexpr int64_t kStart = 1468244405;
constexpr int64_t kPieceS = 40;
constexpr CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

void Add(const Job& job, FaultRow* row) {
  const std::vector<std::string> published = job.Published();
  const MinuteErrors errors = Compare(published, RightRecords(job.logs(), kRule));
  ++row->times;
  row->minutes += published.size();
  row->errors.lost += errors.lost;
  row->errors.doubled += errors.doubled;
  row->errors.differing += errors.differing;
}

// One job of which somebody stands still while frames arrive, until what must follow has followed. All of a test at
// the same time.
class Standing {
 public:
  Standing(const TestBroker& broker, uint64_t seed) : job_(broker, 2, kStreaming), arrivals_(seed, 2, kStart, 30) {}

  void Begin() {
    job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
    job_.Start();
    ASSERT_TRUE(HasClosed(1));
  }
  // The writer stops itself at that point.
  void BeginUntil(const std::string& stop_point) {
    job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
    const std::filesystem::path stopped = job_.File("stopped");
    job_.Start({}, {{"HEADCOUNT_STOP_POINT", stop_point}, {"HEADCOUNT_STOP_ONCE", stopped.string()}});
    ASSERT_TRUE(Eventually([&] { return exists(stopped); })) << "nobody passed " << stop_point;
  }
  void Freeze(pid_t pid) { frozen_ = std::make_unique<Frozen>(std::vector<pid_t>{pid}); }
  void Wake() { frozen_->Wake(); }
  void MoreArrives() { job_.ProduceAll(arrivals_.NextAndMark(kPieceS)); }

  // Nobody had to wake it.
  void ExpectReplaced(const std::string& child, std::chrono::milliseconds within) {
    EXPECT_TRUE(job_.Shows([&](const JobStatus& s) { return s.Number(child + ".restarts") == 1; }, within)) << child;
    EXPECT_NE(job_.process().Err().find("cause=heartbeat"), std::string::npos) << child;
  }
  void ExpectNobodyReplaced() {
    const std::optional<JobStatus> status = job_.Status();
    for (const char* child : {"writer", "workers.0", "workers.1"}) {
      EXPECT_EQ(status->Number(std::string(child) + ".restarts"), 0) << child;
    }
  }
  void Finish(FaultRow* row) {
    EXPECT_TRUE(HasClosed(2));
    EXPECT_EQ(Describe(job_.Drain().value_or(ExitStatus{})), "exit 0");
    job_.RunUntilEnd();
    Add(job_, row);
  }

  Job& job() { return job_; }

 private:
  // What lies in the first so many pieces, but for the window that their end leaves open.
  bool HasClosed(int64_t pieces) const {
    const int64_t frontier_s = kStart + pieces * kPieceS - 5;
    return job_.HasClosed(frontier_s, seconds(60));
  }

  Job job_;
  Arrivals arrivals_;
  std::unique_ptr<Frozen> frozen_;
};

class FrozenFault : public testing::Test {
 protected:
  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(FrozenFault, AWorkerOrAWriterWithoutAHeartbeatForTenSecondsIsReplacedAndEveryMinuteIsRight) {
  FaultRow worker_row{"worker frozen", 0, 0, {}, {}};
  FaultRow writer_row{"writer frozen", 0, 0, {}, {}};
  std::vector<std::unique_ptr<Standing>> workers;
  std::vector<std::unique_ptr<Standing>> writers;
  for (const uint64_t seed : {101U, 102U, 103U}) {
    workers.push_back(std::make_unique<Standing>(broker_, seed));
    workers.back()->Begin();
    workers.back()->Freeze(workers.back()->job().WorkerPid(1));
    workers.back()->MoreArrives();
    writers.push_back(std::make_unique<Standing>(broker_, seed + 10));
    writers.back()->Begin();
    writers.back()->Freeze(writers.back()->job().WriterPid());
    writers.back()->MoreArrives();
  }
  for (const auto& worker : workers) worker->ExpectReplaced("workers.1", seconds(20));
  for (const auto& writer : writers) writer->ExpectReplaced("writer", seconds(20));
  for (const auto& worker : workers) worker->Finish(&worker_row);
  for (const auto& writer : writers) writer->Finish(&writer_row);
  Report(worker_row);
  Report(writer_row);
}

TEST_F(FrozenFault, ACoordinatorThatStoodStillKillsOnlyWhoDiedMeanwhile) {
  FaultRow row{"coordinator frozen", 0, 0, {}, {}};
  Standing alone(broker_, 121);
  Standing with_death(broker_, 122);
  for (Standing* one : {&alone, &with_death}) {
    one->Begin();
    const pid_t worker = one->job().WorkerPid(0);
    one->Freeze(one->job().process().pid());
    one->MoreArrives();
    if (one == &with_death) kill(worker, SIGKILL);
  }
  // The others count and publish without it.
  EXPECT_TRUE(alone.job().Publishes(7));
  Last(seconds(13));
  for (Standing* one : {&alone, &with_death}) one->Wake();
  EXPECT_TRUE(with_death.job().Shows([](const JobStatus& s) { return s.Worker(0, "restarts") == 1; }));
  with_death.Finish(&row);
  alone.Finish(&row);
  alone.ExpectNobodyReplaced();
  EXPECT_EQ(with_death.job().process().Err().find("cause=heartbeat"), std::string::npos);
  Report(row);
}

// Before and after its calls to the broker a writer has ten seconds, within them 35: the broker has then given the
// transaction up.
TEST_F(FrozenFault, AWriterFrozenInATransactionIsReplacedAndEveryMinuteIsRight) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  FaultRow row{"writer frozen in a transaction", 0, 0, {}, {}};
  std::vector<std::unique_ptr<Standing>> all;
  for (const char* point :
       {"writer.claiming", "writer.merged", "writer.committing", "writer.records_produced", "writer.records_produced*2",
        "writer.offsets_sent", "writer.offsets_sent*2", "writer.committed", "writer.telling", "writer.told"}) {
    all.emplace_back(std::make_unique<Standing>(broker_, 130 + all.size()))->BeginUntil(point);
    all.back()->MoreArrives();
  }
  for (const auto& one : all) one->ExpectReplaced("writer", seconds(60));
  for (const auto& one : all) one->Finish(&row);
  Report(row);
}

TEST_F(FrozenFault, AMachineThatSleepsForAMinuteKillsNobodyOnWaking) {
  FaultRow row{"machine asleep for a minute", 0, 0, {}, {}};
  std::vector<std::pair<std::unique_ptr<Asleep>, Asleep::Wakes>> jobs;
  std::vector<std::string> points = {""};
#ifdef HEADCOUNT_CRASH_POINTS
  points.insert(points.end(), {"writer.records_produced*2", "writer.offsets_sent*2", "writer.committed"});
#endif
  for (const std::string& point : points) {
    for (const auto order : {Asleep::Wakes::kCoordinatorFirst, Asleep::Wakes::kCoordinatorLast}) {
      jobs.emplace_back(std::make_unique<Asleep>(broker_, point), order);
    }
  }
  for (const auto& [job, order] : jobs) job->FallAsleep();
  Last(seconds(62));
  for (const auto& [job, order] : jobs) job->WakeTheFirst(order);
  Last(Asleep::kBetween);
  for (const auto& [job, order] : jobs) job->WakeTheOthers();
  for (const auto& [job, order] : jobs) {
    job->Finish();
    Add(job->job(), &row);
  }
  Report(row);
}

TEST_F(FrozenFault, AWholeJobThatWakesAfterAnotherTookOverChangesNothingAndEndsWithItsSupervisor) {
  FaultRow row{"whole job frozen, another took over", 0, 0, {}, {}};
  std::vector<std::unique_ptr<Takeover>> takeovers;
  std::vector<std::string> points = {""};
#ifdef HEADCOUNT_CRASH_POINTS
  points.insert(points.end(), {"writer.committing", "writer.records_produced*2", "writer.offsets_sent*2"});
#endif
  for (const std::string& point : points) {
    for (const auto under : {Peer::Under::kNobody, Peer::Under::kSupervisor}) {
      takeovers.push_back(std::make_unique<Takeover>(broker_, under, point));
    }
  }
  for (const auto& takeover : takeovers) takeover->FreezeTheFirst();
  for (const auto& takeover : takeovers) takeover->LetASecondTakeOver();
  Last(seconds(11));  // longer than a child may go without a heartbeat
  for (const auto& takeover : takeovers) {
    takeover->WakeTheFirst();
    takeover->Finish();
    Add(takeover->job(), &row);
  }
  Report(row);
}

}  // namespace
}  // namespace headcount::test
