// The supervisor's decisions, fact by fact: a small stand-in for the shell starts and buries children as told.
#include "coordinator/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "common/limits.h"

namespace headcount {
namespace {

// Does what the coordinator's shell does with actions, in memory: knows who lives, and passes on facts.
class Job {
 public:
  explicit Job(int32_t workers) : supervisor(workers) { facts.workers.resize(static_cast<size_t>(workers)); }

  std::vector<Action> StepAt(int64_t now) {
    now_ms = now;
    if (beating) {
      facts.writer.heartbeat_ms = now;
      for (WorkerFacts& worker : facts.workers) worker.heartbeat_ms = now;
    }
    last = supervisor.Step(now, facts);
    facts.writer.death.reset();
    for (WorkerFacts& worker : facts.workers) worker.death.reset();
    for (const Action& action : last) Note(action);
    return last;
  }
  std::vector<Action> StepAfter(int64_t ms) { return StepAt(now_ms + ms); }
  // In steps short enough not to look like a pause of the coordinator.
  void Pass(int64_t ms) {
    for (int64_t until = now_ms + ms; now_ms < until;) StepAfter(std::min<int64_t>(1000, until - now_ms));
  }

  void BecomeReady(int32_t partitions) {
    StepAfter(0);
    facts.writer.phase = WriterPhase::kReady;
    facts.partition_count = partitions;
    StepAfter(10);
  }

  void WorkerDies(size_t slot, Death death) { facts.workers[slot].death = death; }
  void WriterDies(Death death) { facts.writer.death = death; }
  void AcknowledgeAll() {
    for (size_t s = 0; s < facts.workers.size(); ++s) {
      facts.workers[s].writer_acknowledged = supervisor.generation(SlotId(static_cast<int32_t>(s)));
    }
  }
  // The same worker dies again and again, each time as soon as it lives.
  void DieRepeatedly(size_t slot, Death death, int times) {
    for (int i = 0; i < times; ++i) {
      WorkerDies(slot, death);
      StepAfter(1);
      if (ended()) return;
      AcknowledgeAll();
      Pass(limits::kMaxRestartDelayMs);
    }
  }

  template <typename T>
  std::vector<T> Of() const {
    std::vector<T> found;
    for (const Action& action : last) {
      if (const T* wanted = std::get_if<T>(&action)) found.push_back(*wanted);
    }
    return found;
  }
  template <typename T>
  bool Has() const {
    return !Of<T>().empty();
  }
  bool ended() const { return !exits.empty(); }

  Supervisor supervisor;
  SupervisorFacts facts;
  bool beating = true;
  int64_t now_ms = 1'000'000;
  std::vector<Action> last;
  std::vector<Exit> exits;
  std::vector<StartWorker> worker_starts;

 private:
  void Note(const Action& action) {
    if (const auto* exit = std::get_if<Exit>(&action)) exits.push_back(*exit);
    if (const auto* start = std::get_if<StartWorker>(&action)) worker_starts.push_back(*start);
    if (std::holds_alternative<ResetSharedMemory>(action)) {
      facts.writer = WriterFacts{};
      facts.workers.assign(facts.workers.size(), WorkerFacts{});
      facts.partition_count = 0;
    }
  }
};

Death Signaled(int signal) { return Death{Death::Kind::kSignaled, signal, 4711}; }
Death Exited(int code) { return Death{Death::Kind::kExited, code, 4711}; }
Death Exited(ExitCode code) { return Exited(static_cast<int>(code)); }

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
    // Pass() let it live for some seconds; below kHealthyLifeMs, so it does not count as health.
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
  for (int life = 1; life < limits::kMaxFailedLives; ++life) {
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
  job.Pass(limits::kHealthyLifeMs);
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

TEST(Supervisor, TwoCrashesWithTheSameMarkMakeThePoisonListOfTheNextLife) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    Job job(1);
    job.BecomeReady(1);
    const FrameMark mark{PartitionId(0), Offset(118)};
    for (int death = 1; death <= 2; ++death) {
      job.facts.workers[0].mark = mark;
      job.WorkerDies(0, Signaled(signal));
      job.StepAfter(10);
      EXPECT_EQ(job.Of<LogDeath>().at(0).obituary.action, death == 1 ? DeathAction::kRestart : DeathAction::kPoison);
      job.facts.workers[0].mark.reset();
      job.AcknowledgeAll();
      job.Pass(1000);
    }
    ASSERT_EQ(job.worker_starts.size(), 3u);
    EXPECT_TRUE(job.worker_starts[1].poison.empty());
    EXPECT_EQ(job.worker_starts[2].poison, std::vector<FrameMark>{mark});
  }
}

TEST(Supervisor, ASigkillFromOutsideNeverMakesAFramePoison) {
  Job job(1);
  job.BecomeReady(1);
  job.facts.workers[0].mark = FrameMark{PartitionId(0), Offset(118)};
  for (int death = 0; death < 5; ++death) {
    job.WorkerDies(0, Signaled(SIGKILL));
    job.StepAfter(10);
    job.AcknowledgeAll();
    job.Pass(10'000);
    EXPECT_TRUE(job.worker_starts.back().poison.empty());
  }
}

TEST(Supervisor, AFrameThatHangsItsDecoderTwiceIsPoison) {
  Job job(1);
  job.BecomeReady(1);
  job.facts.workers[0].mark = FrameMark{PartitionId(0), Offset(7)};
  for (int death = 0; death < 2; ++death) {
    const int64_t hangs_since_ms = job.now_ms;
    job.last.clear();
    job.beating = false;
    while (!job.Has<Kill>()) {
      job.facts.writer.heartbeat_ms = job.now_ms;
      job.StepAfter(1000);
      ASSERT_LT(job.now_ms, hangs_since_ms + 20'000);
    }
    job.WorkerDies(0, Signaled(SIGKILL));
    job.beating = true;
    job.StepAfter(10);
    job.AcknowledgeAll();
    job.Pass(1000);
  }
  EXPECT_EQ(job.worker_starts.back().poison.size(), 1u);
}

TEST(Supervisor, TwoPoisonFramesWhoseDeathsAlternateAreBothFound) {
  Job job(1);
  job.BecomeReady(1);
  for (const int64_t offset : {5, 9, 5, 9}) {
    job.facts.workers[0].mark = FrameMark{PartitionId(0), Offset(offset)};
    job.WorkerDies(0, Signaled(SIGSEGV));
    job.StepAfter(10);
    job.AcknowledgeAll();
    job.Pass(5000);
  }
  EXPECT_EQ(job.worker_starts.back().poison.size(), 2u);
}

TEST(Supervisor, ThePoisonListOutlivesTheWriter) {
  Job job(1);
  job.BecomeReady(1);
  for (int death = 0; death < 2; ++death) {
    job.facts.workers[0].mark = FrameMark{PartitionId(0), Offset(5)};
    job.WorkerDies(0, Signaled(SIGSEGV));
    job.StepAfter(10);
    job.AcknowledgeAll();
    job.Pass(1000);
  }
  job.WriterDies(Signaled(SIGKILL));
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  job.Pass(1000);
  job.facts.writer.phase = WriterPhase::kReady;
  job.facts.partition_count = 1;
  job.StepAfter(10);
  EXPECT_EQ(job.worker_starts.back().poison.size(), 1u);
}

TEST(Supervisor, AChildThatEndsItselfWithAFinalCodeEndsTheJobWithIt) {
  for (const ExitCode code : {ExitCode::kUsage, ExitCode::kUnavailable, ExitCode::kTryAgain, ExitCode::kHumanNeeded}) {
    for (const bool writer : {false, true}) {
      Job job(2);
      job.BecomeReady(2);
      if (writer) {
        job.WriterDies(Exited(code));
      } else {
        job.WorkerDies(1, Exited(code));
      }
      job.StepAfter(10);
      EXPECT_FALSE(job.ended()) << "the others are reaped first";
      EXPECT_EQ(job.Of<Kill>().size(), 2u);
      job.WriterDies(Signaled(SIGKILL));
      job.WorkerDies(0, Signaled(SIGKILL));
      job.WorkerDies(1, Signaled(SIGKILL));
      job.StepAfter(10);
      ASSERT_TRUE(job.ended());
      EXPECT_EQ(job.exits[0].code, code);
      EXPECT_FALSE(job.exits[0].message.empty());
    }
  }
}

TEST(Supervisor, ABrokenInvariantAndAnUnknownExitCodeAreDeathsToBeRestarted) {
  for (const int code : {1, 70, 127}) {
    Job job(1);
    job.BecomeReady(1);
    job.WorkerDies(0, Exited(code));
    job.StepAfter(10);
    EXPECT_TRUE(job.Has<RaiseGeneration>()) << code;
    job.WriterDies(Exited(code));
    job.StepAfter(10);
    EXPECT_EQ(job.supervisor.state(), JobState::kStarting) << code;
    EXPECT_TRUE(job.Has<ResetSharedMemory>()) << code;
  }
}

TEST(Supervisor, AWorkerThatHasReadAllIsNotStartedAgainUnlessTheWholeStartsOver) {
  Job job(1);
  job.BecomeReady(1);
  job.WorkerDies(0, Exited(0));
  job.StepAfter(10);
  EXPECT_FALSE(job.Has<RaiseGeneration>());
  job.StepAfter(1000);
  EXPECT_FALSE(job.Has<StartWorker>());
  EXPECT_EQ(job.supervisor.child_state(SlotId(0)), ChildState::kFinished);
  job.WriterDies(Signaled(SIGKILL));
  job.StepAfter(10);
  EXPECT_TRUE(job.Has<ResetSharedMemory>());
  EXPECT_EQ(job.supervisor.child_state(SlotId(0)), ChildState::kIdle);
}

TEST(Supervisor, AForkThatFailsIsTriedAgain) {
  Job job(1);
  job.StepAfter(0);
  job.WriterDies(Death{Death::Kind::kNotStarted, 11, 0});
  job.StepAfter(10);
  job.Pass(1000);
  EXPECT_EQ(job.supervisor.writer_generation(), Generation(2));
}

TEST(Supervisor, AWriterThatIsDoneEndsTheJobWithZeroHoweverTheOthersDie) {
  for (const Death& death : {Exited(0), Signaled(SIGSEGV), Exited(78)}) {
    Job job(2);
    job.BecomeReady(2);
    job.facts.writer.phase = WriterPhase::kDone;
    job.WorkerDies(0, Exited(0));
    job.WorkerDies(1, Exited(70));
    job.StepAfter(10);
    EXPECT_FALSE(job.Has<RaiseGeneration>());
    EXPECT_FALSE(job.Has<StartWorker>());
    job.WriterDies(death);
    job.StepAfter(10);
    ASSERT_TRUE(job.ended());
    EXPECT_EQ(job.exits[0].code, ExitCode::kDone);
    EXPECT_STREQ(job.supervisor.StatusWord(), "done");
  }
}

TEST(Supervisor, ASignalDrainsAndTheWritersGoodbyeEndsTheJobWithZero) {
  Job job(2);
  job.BecomeReady(2);
  job.facts.stop_signals = 1;
  job.StepAfter(10);
  EXPECT_TRUE(job.Has<BeginDrain>());
  EXPECT_STREQ(job.supervisor.StatusWord(), "draining");
  job.WorkerDies(0, Exited(0));
  job.StepAfter(10);
  EXPECT_FALSE(job.Has<BeginDrain>());
  EXPECT_FALSE(job.Has<RaiseGeneration>());
  EXPECT_FALSE(job.Has<StartWorker>());
  job.WriterDies(Exited(0));
  job.StepAfter(10);
  EXPECT_EQ(job.Of<Kill>().size(), 1u);
  job.WorkerDies(1, Signaled(SIGKILL));
  job.StepAfter(10);
  ASSERT_TRUE(job.ended());
  EXPECT_EQ(job.exits[0].code, ExitCode::kDone);
}

TEST(Supervisor, ADrainThatDoesNotEndIsCutOffAfterEightSeconds) {
  Job job(1);
  job.BecomeReady(1);
  job.facts.stop_signals = 1;
  job.StepAfter(10);
  const int64_t asked_ms = job.now_ms;
  job.Pass(7'999);
  EXPECT_FALSE(job.Has<Kill>());
  job.StepAfter(1);
  EXPECT_EQ(job.Of<Kill>().size(), 2u);
  while (!job.ended()) job.StepAfter(100);
  EXPECT_LE(job.now_ms, asked_ms + 10'000);
  EXPECT_EQ(job.exits[0].code, ExitCode::kDone);
}

TEST(Supervisor, AWorkerThatDiesWhileDrainingIsNotRestartedButTheWriterLearnsOfIt) {
  Job job(1);
  job.BecomeReady(1);
  job.facts.stop_signals = 1;
  job.StepAfter(10);
  job.WorkerDies(0, Signaled(SIGSEGV));
  job.StepAfter(10);
  EXPECT_TRUE(job.Has<RaiseGeneration>());
  job.AcknowledgeAll();
  job.Pass(3000);
  EXPECT_EQ(job.worker_starts.size(), 1u);
}

TEST(Supervisor, WhileDrainingATransientFailureIsForgottenAndOneForAHumanIsNot) {
  for (const ExitCode code : {ExitCode::kTryAgain, ExitCode::kUnavailable, ExitCode::kHumanNeeded}) {
    Job job(1);
    job.BecomeReady(1);
    job.facts.stop_signals = 1;
    job.StepAfter(10);
    job.WriterDies(Exited(code));
    job.WorkerDies(0, Exited(0));
    job.StepAfter(10);
    ASSERT_TRUE(job.ended());
    EXPECT_EQ(job.exits[0].code, code == ExitCode::kHumanNeeded ? code : ExitCode::kDone);
  }
}

TEST(Supervisor, ASecondSignalEndsAtOnce) {
  Job job(2);
  job.BecomeReady(2);
  job.facts.stop_signals = 1;
  job.StepAfter(10);
  job.facts.stop_signals = 2;
  job.StepAfter(10);
  EXPECT_EQ(job.Of<Kill>().size(), 3u);
  ASSERT_TRUE(job.ended());
  EXPECT_EQ(job.exits[0].code, ExitCode::kDone);
  EXPECT_TRUE(job.StepAfter(10).empty());
}

TEST(Supervisor, ASignalBeforeTheWriterLivesEndsTheJob) {
  Job job(1);
  job.BecomeReady(1);
  job.WriterDies(Signaled(SIGKILL));
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  job.facts.stop_signals = 1;
  job.StepAfter(10);
  ASSERT_TRUE(job.ended());
  EXPECT_EQ(job.exits[0].code, ExitCode::kDone);
}

TEST(Supervisor, AWriterThatNeverAcknowledgesIsKilled) {
  Job job(2);
  job.BecomeReady(2);
  job.WorkerDies(0, Signaled(SIGKILL));
  job.StepAfter(10);
  job.Pass(limits::kAcknowledgeTimeoutMs);
  EXPECT_FALSE(job.Has<Kill>());
  job.StepAfter(100);
  ASSERT_EQ(job.Of<Kill>().size(), 1u);
  EXPECT_FALSE(job.Of<Kill>()[0].slot.has_value());
}

TEST(Supervisor, AnObituaryIsOneLineWithEverything) {
  Job job(3);
  job.BecomeReady(6);
  job.Pass(61'000);
  job.WorkerDies(2, Signaled(SIGKILL));
  job.StepAfter(0);
  EXPECT_EQ(Text(job.Of<LogDeath>().at(0).obituary),
            "worker=2 pid=4711 generation=1 signal=9 uptime_s=61 partitions=[2,5] action=restart delay_ms=200");
  job.WriterDies(Exited(78));
  job.StepAfter(0);
  EXPECT_EQ(Text(job.Of<LogDeath>().at(0).obituary), "writer pid=4711 generation=1 exit=78 uptime_s=61 action=end");
}

}  // namespace
}  // namespace headcount
