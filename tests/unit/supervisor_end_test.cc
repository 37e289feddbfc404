// The supervisor's decisions, fact by fact: poison, drains, and how a job ends.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "common/base/limits.h"
#include "coordinator/job/supervisor.h"
#include "tests/unit/supervised_job.h"

namespace headcount {
namespace {

using Job = test::SupervisedJob;
using test::Exited;
using test::Signaled;

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

// It was told to go, and SIGKILL is how: nobody need look for who has killed it.
TEST(Supervisor, WhoIsEndedByTheJobIsNotSaidToHaveDiedOfASignal) {
  Job job(2);
  job.BecomeReady(2);
  job.WriterDies(Exited(ExitCode::kHumanNeeded));
  job.StepAfter(10);
  ASSERT_EQ(job.Of<Kill>().size(), 2U);
  job.WorkerDies(0, Signaled(SIGKILL));
  job.WorkerDies(1, Exited(ExitCode::kBroken));
  job.StepAfter(10);
  const std::vector<LogDeath> deaths = job.Of<LogDeath>();
  ASSERT_EQ(deaths.size(), 2U);
  EXPECT_EQ(Text(deaths[0].obituary),
            "worker=0 pid=4711 generation=1 ended_by=job uptime_s=0 partitions=[0] action=end");
  EXPECT_EQ(Text(deaths[1].obituary), "worker=1 pid=4711 generation=1 exit=70 uptime_s=0 partitions=[1] action=end")
      << "it was quicker";
}

TEST(Supervisor, WhatEndsTheJobIsSaidInTheWordsOfWhoEndedIt) {
  for (const bool writer : {false, true}) {
    Job job(1);
    job.BecomeReady(1);
    Death death = Exited(ExitCode::kHumanNeeded);
    death.last_words = "topic t does not exist";
    if (writer) {
      job.WriterDies(death);
    } else {
      job.WorkerDies(0, death);
    }
    job.Pass(4000);
    ASSERT_EQ(job.exits.size(), 1U);
    EXPECT_EQ(job.exits[0].message, std::string("topic t does not exist; ") + (writer ? "the writer" : "worker 0") +
                                        " (pid 4711) ended the job with exit code 78");
  }
}

TEST(Supervisor, AJobThatGivesUpSaysHowTheLastLifeEnded) {
  Job job(1);
  job.BecomeReady(1);
  Death death = Exited(ExitCode::kBroken);
  death.last_words = "broken invariant";
  job.DieRepeatedly(0, death, limits::kMaxFailedGenerations);
  job.Pass(4000);
  ASSERT_EQ(job.exits.size(), 1U);
  EXPECT_EQ(job.exits[0].message,
            "worker 0 died 10 times without getting anything done in between, the last time of this: broken invariant");
}

// Its reader has gone: `headcount run --input x | head -1`.
TEST(Supervisor, AWriterThatDiesOfABrokenPipeEndsTheJobAsThatWithoutAWord) {
  Job job(2);
  job.BecomeReady(2);
  job.WriterDies(Signaled(SIGPIPE));
  job.Pass(4000);
  ASSERT_EQ(job.exits.size(), 1U);
  EXPECT_TRUE(job.exits[0].by_broken_pipe);
  EXPECT_EQ(job.exits[0].message, "");
  EXPECT_STREQ(job.supervisor.StatusWord(), "failed") << "not all was printed";
}

}  // namespace
}  // namespace headcount
