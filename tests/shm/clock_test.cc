// The clocks that workers show each other: who counts, what one look may believe, and who is woken.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>
#include <vector>

#include "common/shm/coordinator_view.h"
#include "common/shm/worker_view.h"
#include "common/shm/writer_view.h"
#include "coordinator/job/child_process.h"

namespace headcount::test {
namespace {

using shm::LowWatermark;

constexpr EventTime kUnset = EventTime::Unset();
constexpr EventTime kForever = EventTime::Forever();

LowWatermark At(int64_t seconds, bool final = false, EventTime latest_end = kUnset) {
  return {EventTime(seconds), final, latest_end};
}

void ExpectClock(const LowWatermark& clock, EventTime slowest, bool final, EventTime latest_end = kUnset) {
  EXPECT_EQ(clock.slowest.seconds(), slowest.seconds());
  EXPECT_EQ(clock.final, final);
  EXPECT_EQ(clock.latest_end.seconds(), latest_end.seconds());
}

// --- Two clocks together -------------------------------------------------------------------------------------

TEST(Slower, IsTheEarlierClockWithItsOwnWordAboutBeingFinal) {
  ExpectClock(Slower(At(10), At(20, true)), EventTime(10), false);
  ExpectClock(Slower(At(10, true), At(20)), EventTime(10), true);
  ExpectClock(Slower(At(20, true), At(10)), EventTime(10), false);
  ExpectClock(Slower({kUnset, true, kUnset}, At(10)), kUnset, true);
  ExpectClock(Slower({kForever, false, kUnset}, At(10, true)), EventTime(10), true);
}

TEST(Slower, IsFinalAmongEqualsOnlyIfAllAreFinal) {
  ExpectClock(Slower(At(10, true), At(10, true)), EventTime(10), true);
  ExpectClock(Slower(At(10, true), At(10, false)), EventTime(10), false);
  ExpectClock(Slower(At(10, false), At(10, true)), EventTime(10), false);
}

TEST(Slower, KeepsTheLatestEndOfBothWhoeverIsSlower) {
  ExpectClock(Slower(At(10, false, EventTime(60)), At(20, false, EventTime(120))), EventTime(10), false,
              EventTime(120));
  ExpectClock(Slower(At(10, false, EventTime(180)), At(20)), EventTime(10), false, EventTime(180));
}

TEST(Slower, OfNobodyHoldsNobody) { ExpectClock(LowWatermark{}, kForever, true); }

// --- The clock of the others ---------------------------------------------------------------------------------

class ClockTest : public testing::Test {
 protected:
  explicit ClockTest(int32_t slots = 3) : memory_(shm::JobMemory::Create(slots, uint64_t{1} << 20).value()) {
    for (int32_t s = 0; s < slots; ++s) workers_.emplace_back(&memory_, SlotId(s));
  }

  void SetPartitions(int32_t count) { shm::WriterView(&memory_).RaisePartitionCount(count); }
  void Raise(int32_t slot, uint64_t generation) {
    shm::CoordinatorView(&memory_).RaiseGeneration(SlotId(slot), Generation(generation));
  }
  void Live(int32_t slot, uint64_t generation = 1) {
    Raise(slot, generation);
    worker(slot).BeginGeneration(Generation(generation), 1);
  }
  shm::WorkerView& worker(int32_t slot) { return workers_[static_cast<size_t>(slot)]; }

  const shm::JobMemory memory_;
  std::vector<shm::WorkerView> workers_;
};

TEST_F(ClockTest, OfASlotWhoseWorkerIsNotThereHasNoWatermark) {
  SetPartitions(3);
  Live(0);
  Live(1);
  worker(1).ShowLowWatermark(At(100), 3);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false);  // slot 2 was never started
  Raise(2, 1);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false);  // it was, but has not begun its life
  worker(2).BeginGeneration(Generation(1), 1);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false);  // it has, but shown nothing
  worker(2).ShowLowWatermark(At(50, true, EventTime(60)), 3);
  ExpectClock(worker(0).OthersLowWatermark(), EventTime(50), true, EventTime(60));
}

TEST_F(ClockTest, OfADeadWorkerIsVoidOnceItsGenerationIsRaised) {
  SetPartitions(3);
  for (int32_t s = 0; s < 3; ++s) Live(s);
  for (int32_t s = 1; s < 3; ++s) worker(s).ShowLowWatermark({kForever, true, EventTime(600)}, 3);
  ExpectClock(worker(0).OthersLowWatermark(), kForever, true, EventTime(600));
  Raise(1, 2);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false, EventTime(600));
  worker(1).BeginGeneration(Generation(2), 1);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false, EventTime(600));
  worker(1).ShowLowWatermark(At(700), 3);
  ExpectClock(worker(0).OthersLowWatermark(), EventTime(700), false, EventTime(600));
}

TEST_F(ClockTest, OfASlotThatDoesNotKnowAllPartitionsHasNoWatermark) {
  SetPartitions(3);
  for (int32_t s = 0; s < 3; ++s) Live(s);
  for (int32_t s = 1; s < 3; ++s) worker(s).ShowLowWatermark(At(100), 3);
  ExpectClock(worker(0).OthersLowWatermark(), EventTime(100), false);
  SetPartitions(4);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false);
  worker(1).ShowLowWatermark(At(100), 4);
  ExpectClock(worker(0).OthersLowWatermark(), kUnset, false);
  worker(2).ShowLowWatermark(At(120), 4);
  ExpectClock(worker(0).OthersLowWatermark(), EventTime(100), false);
}

TEST_F(ClockTest, LooksAtNoSlotThatHasNoPartition) {
  SetPartitions(1);
  Live(0);
  ExpectClock(worker(0).OthersLowWatermark(), kForever, true);
  EXPECT_EQ(worker(0).OthersSealedFrontier().seconds(), kForever.seconds());
}

TEST_F(ClockTest, SealedUptoOfTheOthersIsThatOfTheSlowestAndUnsetForTheDead) {
  SetPartitions(3);
  for (int32_t s = 0; s < 3; ++s) Live(s);
  for (int32_t s = 1; s < 3; ++s) {
    worker(s).BeginHandOff();
    worker(s).FinishHandOff(0, 0, WindowStart(60 * s));
  }
  EXPECT_EQ(worker(0).OthersSealedFrontier().seconds(), 60);
  Raise(1, 2);
  EXPECT_EQ(worker(0).OthersSealedFrontier().seconds(), kUnset.seconds());
}

TEST_F(ClockTest, WakesWhoWaitsAndNotItself) {
  SetPartitions(3);
  for (int32_t s = 0; s < 3; ++s) Live(s);
  worker(0).WantsLowWatermark(true);
  worker(2).WantsLowWatermark(true);
  EXPECT_EQ(worker(0).WaitingForLowWatermark(), std::vector<SlotId>{SlotId(2)});
  worker(2).WantsLowWatermark(false);
  EXPECT_TRUE(worker(0).WaitingForLowWatermark().empty());
}

// --- Two processes at once -----------------------------------------------------------------------------------

// A counter that two processes share, beside the job's memory.
class SharedCounter {
 public:
  SharedCounter()
      : at_(mmap(nullptr, sizeof(std::atomic<int64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    new (at_) std::atomic<int64_t>(0);
  }
  ~SharedCounter() { munmap(at_, sizeof(std::atomic<int64_t>)); }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;
  std::atomic<int64_t>* operator->() const { return static_cast<std::atomic<int64_t>*>(at_); }

 private:
  void* at_;
};

class TwoClocksTest : public ClockTest {
 protected:
  TwoClocksTest() : ClockTest(2) {
    SetPartitions(2);
    Live(0);
    Live(1);
  }
  // Runs `other` in a second process while `here` runs in this one.
  template <typename Other, typename Here>
  void Both(const Other& other, const Here& here) {
    const Result<pid_t> pid = ForkChild("other", {}, getpid(), other);
    ASSERT_TRUE(pid.ok());
    here();
    if (HasFatalFailure()) KillChild(*pid);  // it may wait for us
    int status = 0;
    waitpid(*pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
};

TEST_F(TwoClocksTest, NeverTakesAClockForFinalThatWasNotShownSo) {
  constexpr int64_t kDecisions = 400'000;
  const auto show = [this] {
    // Even times move on, odd ones are final (as if partitions took turns in being the slowest).
    for (int64_t t = 0; t <= kDecisions; ++t) worker(1).ShowLowWatermark(At(t, t % 2 == 1), 2);
    return 0;
  };
  const auto look = [this] {
    for (EventTime seen = kUnset; seen < EventTime(kDecisions);) {
      const LowWatermark clock = worker(0).OthersLowWatermark();
      ASSERT_GE(clock.slowest.seconds(), seen.seconds());
      ASSERT_FALSE(clock.final && clock.slowest.seconds() % 2 == 0) << "at " << clock.slowest.seconds();
      seen = clock.slowest;
    }
  };
  Both(show, look);
}

TEST_F(TwoClocksTest, EitherSeesTheClockThatMovedOrIsSeenWaitingForIt) {
  // Each round waits for the other process: on a busy machine there is time for fewer of them.
  constexpr int64_t kRounds = 100'000;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const SharedCounter last;  // round, once it is known
  last->store(kRounds);
  const SharedCounter begun;
  const SharedCounter moved;
  const auto await = [](const SharedCounter& counter, int64_t value) {
    for (int spins = 0; counter->load() < value; ++spins) {
      if (spins > 1'000) sched_yield();
    }
  };
  const SharedCounter seen_unattributed;  // rounds in which the mover saw the waiter
  const auto decision = [&] {
    for (int64_t round = 1;; ++round) {
      await(begun, round);
      if (round > last->load()) return 0;
      worker(1).ShowLowWatermark(At(round), 2);
      if (!worker(1).WaitingForLowWatermark().empty()) seen_unattributed->store(round);
      moved->store(round);
    }
  };
  const auto wait = [&] {
    int64_t round = 1;
    for (; round <= kRounds && std::chrono::steady_clock::now() < deadline; ++round) {
      begun->store(round);
      // The other one starts a moment later: meet it at every distance.
      for (volatile int64_t spin = round % 300; spin > 0; spin = spin - 1) {
      }
      worker(0).WantsLowWatermark(true);
      const bool saw_it = worker(0).OthersLowWatermark().slowest == EventTime(round);
      await(moved, round);
      worker(0).WantsLowWatermark(false);
      ASSERT_TRUE(saw_it || seen_unattributed->load() == round)
          << "nobody would have woken the waiter in round " << round;
    }
    last->store(round - 1);
    begun->store(INT64_MAX);
  };
  Both(decision, wait);
}

}  // namespace
}  // namespace headcount::test
