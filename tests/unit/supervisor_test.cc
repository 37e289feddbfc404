// The supervisor's decisions, fact by fact: who is started, who dies, who hangs, and what follows.
#include "coordinator/job/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "common/base/limits.h"
#include "tests/unit/supervised_job.h"

namespace headcount {
namespace {

using Job = test::SupervisedJob;
using test::Signaled;

TEST(Supervisor, StartsTheWriterFirstAndWorkersOnceItKnowsThePartitions) {
  Job job(2);
  job.StepAfter(0);
  ASSERT_EQ(job.Of<StartWriter>().size(), 1u);
  EXPECT_EQ(job.Of<StartWriter>()[0].generation, Generation(1));
  EXPECT_FALSE(job.Has<StartWorker>());
  job.facts.writer.phase = WriterPhase::kPartitionsKnown;
  job.facts.partition_count = 4;
  job.StepAfter(10);
  EXPECT_EQ(job.Of<StartWorker>().size(), 2u);
  EXPECT_STREQ(job.supervisor.StatusWord(), "starting");
  job.facts.writer.phase = WriterPhase::kReady;
  job.StepAfter(10);
  EXPECT_TRUE(job.last.empty());
  EXPECT_STREQ(job.supervisor.StatusWord(), "running");
}

TEST(Supervisor, StartsOnlySlotsThatHavePartitionsAndTheOthersWhenTheTopicGrows) {
  Job job(4);
  job.BecomeReady(2);
  ASSERT_EQ(job.worker_starts.size(), 2u);
  EXPECT_EQ(job.supervisor.child_state(SlotId(2)), ChildState::kIdle);
  job.facts.partition_count = 3;
  job.StepAfter(10);
  ASSERT_EQ(job.worker_starts.size(), 3u);
  EXPECT_EQ(job.worker_starts[2].slot, SlotId(2));
  EXPECT_EQ(job.worker_starts[2].generation, Generation(1));
}

TEST(Supervisor, RaisesTheGenerationOfADeadWorkerAndWaitsForTheWriterToAcknowledge) {
  Job job(2);
  job.BecomeReady(2);
  job.WorkerDies(1, Signaled(SIGKILL));
  job.StepAfter(10);
  ASSERT_EQ(job.Of<RaiseGeneration>().size(), 1u);
  EXPECT_EQ(job.Of<RaiseGeneration>()[0].generation, Generation(2));
  EXPECT_EQ(job.Of<RaiseGeneration>()[0].slot, SlotId(1));
  job.Pass(5000);
  EXPECT_EQ(job.supervisor.child_state(SlotId(1)), ChildState::kWaiting);
  job.facts.workers[1].writer_acknowledged = Generation(1);
  job.StepAfter(10);
  EXPECT_FALSE(job.Has<StartWorker>());
  job.facts.workers[1].writer_acknowledged = Generation(2);
  job.StepAfter(10);
  ASSERT_EQ(job.Of<StartWorker>().size(), 1u);
  EXPECT_EQ(job.Of<StartWorker>()[0].generation, Generation(2));
  EXPECT_EQ(job.supervisor.restarts(SlotId(1)), 1u);
  EXPECT_EQ(job.supervisor.restarts(SlotId(0)), 0u);
}

TEST(Supervisor, AWorkerThatMadeProgressComesBackAfterAFifthOfASecond) {
  Job job(1);
  job.BecomeReady(1);
  for (int life = 1; life <= 30; ++life) {
    job.facts.workers[0].reached = life * 1000;
    job.WorkerDies(0, Signaled(SIGKILL));
    job.StepAfter(10);
    EXPECT_EQ(job.Of<LogDeath>().at(0).obituary.delay_ms, 200);
    job.AcknowledgeAll();
    job.StepAfter(199);
    EXPECT_FALSE(job.Has<StartWorker>());
    job.StepAfter(1);
    EXPECT_TRUE(job.Has<StartWorker>());
  }
}

TEST(Supervisor, FutileLivesDoubleThePauseAndTheTenthEndsTheJobWith75) {
  Job job(1);
  job.BecomeReady(1);
  std::vector<int64_t> delays;
  for (int life = 1; life <= 10; ++life) {
    job.WorkerDies(0, Signaled(SIGABRT));
    job.StepAfter(10);
    delays.push_back(job.Of<LogDeath>().at(0).obituary.delay_ms);
    if (life == 10) break;
    job.AcknowledgeAll();
    job.Pass(31'000);
    if (job.supervisor.child_state(SlotId(0)) != ChildState::kRunning) job.Pass(1000);
    // Pass() let it live for some seconds; below kHealthyGenerationMs, so it does not count as health.
  }
  EXPECT_EQ(delays, (std::vector<int64_t>{200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 0}));
  EXPECT_TRUE(job.Has<Kill>());
  job.WriterDies(Signaled(SIGKILL));
  job.StepAfter(10);
  ASSERT_TRUE(job.ended());
  EXPECT_EQ(job.exits[0].code, ExitCode::kTryAgain);
  EXPECT_NE(job.exits[0].message.find("worker 0 died 10 times"), std::string::npos);
  EXPECT_STREQ(job.supervisor.StatusWord(), "failed");
}

// The memory killer, say: it may stop, and then the job is still there.
TEST(Supervisor, KillsFromOutsideLengthenThePauseAndNeverEndTheJob) {
  Job job(1);
  job.BecomeReady(1);
  job.DieRepeatedly(0, Signaled(SIGKILL), 40);
  EXPECT_FALSE(job.ended());
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(1);
  EXPECT_EQ(job.Of<LogDeath>().at(0).obituary.delay_ms, limits::kMaxRestartDelayMs);
  EXPECT_FALSE(job.Has<Exit>());
}

TEST(Supervisor, KillsFromOutsideBetweenFailedLivesNeitherCountNorExcuseThem) {
  Job job(1);
  job.BecomeReady(1);
  for (int life = 1; life < limits::kMaxFailedGenerations; ++life) {
    job.DieRepeatedly(0, Signaled(SIGABRT), 1);
    job.DieRepeatedly(0, Signaled(SIGKILL), 2);
  }
  EXPECT_FALSE(job.ended());
  job.WorkerDies(0, Signaled(SIGABRT));
  job.StepAfter(1);
  job.WriterDies(Signaled(SIGKILL));
  job.StepAfter(10);
  ASSERT_TRUE(job.ended());
  EXPECT_EQ(job.exits[0].code, ExitCode::kTryAgain);
}

TEST(Supervisor, AMinuteOfHealthForgetsEarlierFutileLives) {
  Job job(1);
  job.BecomeReady(1);
  job.DieRepeatedly(0, Signaled(SIGKILL), 8);
  job.Pass(limits::kHealthyGenerationMs);
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(1);
  EXPECT_EQ(job.Of<LogDeath>().at(0).obituary.delay_ms, 200);
}

TEST(Supervisor, JitterTakesUpToAQuarterOffThePause) {
  Job job(1);
  job.BecomeReady(1);
  job.facts.jitter = 0.999;
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  const int64_t delay_ms = job.Of<LogDeath>().at(0).obituary.delay_ms;
  EXPECT_GE(delay_ms, 150);
  EXPECT_LT(delay_ms, 160);
}

TEST(Supervisor, AfterTheWritersDeathAllWorkersDieBeforeSharedMemoryIsResetAndTheJobStartsOver) {
  Job job(2);
  job.BecomeReady(2);
  job.WriterDies(Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_EQ(job.Of<Kill>().size(), 2u);
  EXPECT_FALSE(job.Has<ResetSharedMemory>());
  EXPECT_EQ(job.Of<LogDeath>().at(0).obituary.action, DeathAction::kStartOver);
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_FALSE(job.Has<ResetSharedMemory>());
  EXPECT_FALSE(job.Has<RaiseGeneration>());
  job.WorkerDies(1, Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_TRUE(job.Has<ResetSharedMemory>());
  EXPECT_FALSE(job.Has<StartWriter>());
  job.StepAfter(200);
  ASSERT_TRUE(job.Has<StartWriter>());
  EXPECT_EQ(job.Of<StartWriter>()[0].generation, Generation(2));
  EXPECT_FALSE(job.Has<StartWorker>());
  EXPECT_STREQ(job.supervisor.StatusWord(), "starting");
  job.facts.writer.phase = WriterPhase::kReady;
  job.facts.partition_count = 2;
  job.StepAfter(10);
  ASSERT_EQ(job.Of<StartWorker>().size(), 2u);
  EXPECT_EQ(job.Of<StartWorker>()[0].generation, Generation(2));
  EXPECT_FALSE(job.ended());
}

TEST(Supervisor, NobodyWhoIsAlreadyGoneIsKilled) {
  Job job(2);
  job.BecomeReady(2);
  job.WriterDies(Signaled(SIGKILL));
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  ASSERT_EQ(job.Of<Kill>().size(), 1u);
  EXPECT_EQ(job.Of<Kill>()[0].slot, SlotId(1));
}

TEST(Supervisor, AWorkerThatWaitedForItsRestartStartsWithAGenerationNobodyHadWhenTheJobStartsOver) {
  Job job(1);
  job.BecomeReady(1);
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  job.WriterDies(Signaled(SIGKILL));
  job.StepAfter(10);
  job.Pass(1000);
  job.facts.writer.phase = WriterPhase::kReady;
  job.facts.partition_count = 1;
  job.StepAfter(10);
  ASSERT_EQ(job.worker_starts.size(), 2u);
  EXPECT_GT(job.worker_starts[1].generation, job.worker_starts[0].generation);
}

TEST(Supervisor, AChildWithoutHeartbeatForTenSecondsIsKilledAndRestartedLikeAnyDeadOne) {
  Job job(1);
  job.BecomeReady(1);
  job.beating = false;
  job.facts.writer.in_transaction = true;
  const int64_t last_beat_ms = job.now_ms;
  while (!job.Has<Kill>()) {
    job.StepAfter(500);
    ASSERT_LE(job.now_ms, last_beat_ms + limits::kHeartbeatTimeoutMs + 1000);
  }
  EXPECT_GT(job.now_ms, last_beat_ms + limits::kHeartbeatTimeoutMs);
  EXPECT_EQ(job.Of<Kill>()[0].slot, SlotId(0));
  job.StepAfter(10);
  EXPECT_FALSE(job.Has<Kill>()) << "once is enough";
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_TRUE(job.Of<LogDeath>().at(0).obituary.was_hung);
  EXPECT_TRUE(job.Has<RaiseGeneration>());
}

// What feeds a service manager's watchdog: silence within the limit is none of its business, nor is a death.
TEST(Supervisor, SomebodyHangsFromTheKillOfAHungChildUntilItIsReaped) {
  Job job(1);
  job.BecomeReady(1);
  job.facts.writer.in_transaction = true;
  job.beating = false;
  for (job.StepAfter(500); !job.Has<Kill>(); job.StepAfter(500)) EXPECT_TRUE(job.supervisor.NoChildHangs());
  EXPECT_FALSE(job.supervisor.NoChildHangs());
  job.StepAfter(10);
  EXPECT_FALSE(job.supervisor.NoChildHangs());
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_TRUE(job.supervisor.NoChildHangs());
  job.WriterDies(Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_TRUE(job.supervisor.NoChildHangs()) << "who is killed because the writer died does not hang";
}

TEST(Supervisor, AWriterInsideATransactionCallGetsTheTransactionTimeoutAndFiveSeconds) {
  Job job(1);
  job.BecomeReady(1);
  job.beating = false;
  job.facts.writer.in_transaction = true;
  const int64_t last_beat_ms = job.now_ms;
  bool killed = false;
  while (!killed && job.now_ms < last_beat_ms + 60'000) {
    job.facts.workers[0].heartbeat_ms = job.now_ms;
    job.StepAfter(500);
    killed = job.Has<Kill>();
  }
  EXPECT_GT(job.now_ms, last_beat_ms + 35'000);
  EXPECT_LE(job.now_ms, last_beat_ms + 35'500);
}

TEST(Supervisor, ACoordinatorThatWasStoppedGrantsEveryoneAFreshTenSeconds) {
  Job job(1);
  job.BecomeReady(1);
  job.beating = false;
  job.StepAfter(3'600'000);
  EXPECT_FALSE(job.Has<Kill>());
  job.Pass(10'000);
  EXPECT_FALSE(job.Has<Kill>());
  job.StepAfter(1);
  EXPECT_TRUE(job.Has<Kill>());
}

TEST(Supervisor, AMachineThatSleepsWhileAWorkerIsBeingReplacedKillsNobodyAndEndsNothing) {
  Job job(2);
  job.BecomeReady(2);
  // One waits for the writer's acknowledgement, another one has been killed and not been reaped yet.
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  job.beating = false;
  while (!job.Has<Kill>()) {
    job.facts.writer.heartbeat_ms = job.now_ms + 500;
    job.StepAfter(500);
    ASSERT_LT(job.now_ms, 1'100'000);
  }
  EXPECT_EQ(job.Of<Kill>()[0].slot, SlotId(1));
  job.StepAfter(3'600'000);
  EXPECT_FALSE(job.Has<Kill>());
  EXPECT_FALSE(job.ended());
  job.beating = true;
  job.WorkerDies(1, Signaled(SIGKILL));
  job.StepAfter(10);
  job.AcknowledgeAll();
  job.Pass(1000);
  EXPECT_EQ(job.worker_starts.size(), 4U);
  EXPECT_EQ(job.supervisor.writer_restarts(), 0U);
}

}  // namespace
}  // namespace headcount
