// One publication after the other, step by step: what the writer may take, and what it must not.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <optional>

#include "common/shm/coordinator_view.h"
#include "common/shm/writer_view.h"
#include "coordinator/job/child_process.h"
#include "tests/shm/exchange.h"

namespace headcount::test {
namespace {

constexpr SlotId kSlot{0};

class HandOffTest : public testing::Test {
 protected:
  HandOffTest() {
    writer_.OpenPartition(PartitionId(0));
    writer_.RaisePartitionCount(1);
    writer_.CloseUpTo(Model::Window(0), RunId(1), Sequence(0));
    writer_.EnterState(shm::WriterState::kTakenOver);
  }

  void Raise(uint64_t generation) { coordinator_.RaiseGeneration(kSlot, Generation(generation)); }
  // A worker process from its beginning to its end, which comes half way in publication `dies_in` (0: not at all).
  void RunWorker(uint64_t generation, uint64_t dies_in) {
    const Result<pid_t> pid = ForkChild("worker", {}, getpid(), [&] {
      return RunModelWorker(&memory_, model_, kSlot, Generation(generation), dies_in);
    });
    ASSERT_TRUE(pid.ok());
    int status = 0;
    waitpid(*pid, &status, 0);
    ASSERT_EQ(WIFSIGNALED(status), dies_in > 0);
  }
  std::optional<shm::HandOff> Take() { return writer_.TakeHandOff(kSlot, Model::Window(0)); }
  std::string Differs(const std::optional<shm::HandOff>& hand_off) const {
    return hand_off ? model_.Differs(kSlot, *hand_off, 0) : "there is none";
  }

  const Model model_{/*seed=*/21, /*windows=*/8, /*slots=*/1};
  const shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{4} << 20).value();
  shm::CoordinatorView coordinator_{&memory_};
  shm::WriterView writer_{&memory_};
};

TEST_F(HandOffTest, IsNotThereBeforeTheFirstIsWhole) {
  Raise(1);
  writer_.Acknowledge();
  EXPECT_FALSE(Take());
  RunWorker(1, 1);
  EXPECT_FALSE(Take()) << "half of the first";
}

TEST_F(HandOffTest, StaysReadableWhenTheWorkerDiesHalfWayInTheNext) {
  for (uint64_t n = 2; n <= 8; ++n) {
    Raise(n);
    writer_.Acknowledge();
    RunWorker(n, n);
    const std::optional<shm::HandOff> hand_off = Take();
    ASSERT_EQ(Differs(hand_off), "") << "died in publication " << n;
    EXPECT_EQ(hand_off->generation, Generation(n));
    // The first publication of a life seals nothing.
    EXPECT_EQ(hand_off->sealed_frontier, Model::Window(static_cast<int64_t>(n) - 2));
  }
}

TEST_F(HandOffTest, SaysWhenItIsTheLast) {
  Raise(1);
  writer_.Acknowledge();
  RunWorker(1, 0);
  const std::optional<shm::HandOff> hand_off = Take();
  ASSERT_EQ(Differs(hand_off), "");
  EXPECT_TRUE(hand_off->last);
  EXPECT_EQ(hand_off->windows.size(), 8U);
}

TEST_F(HandOffTest, OfADeadGenerationIsGoneOnceTheGenerationIsRaised) {
  Raise(1);
  writer_.Acknowledge();
  RunWorker(1, 5);
  EXPECT_TRUE(Take());
  Raise(2);
  EXPECT_FALSE(Take());
  writer_.Acknowledge();
  EXPECT_EQ(coordinator_.Slot(kSlot).acknowledged, Generation(2));
  EXPECT_FALSE(Take());
  RunWorker(2, 3);
  EXPECT_EQ(Differs(Take()), "");
}

TEST_F(HandOffTest, IsNotTakenBeforeItsGenerationIsAcknowledged) {
  Raise(1);
  RunWorker(1, 0);
  EXPECT_FALSE(Take()) << "what is held of a slot must always be of the generation acknowledged";
  writer_.Acknowledge();
  EXPECT_EQ(Differs(Take()), "");
}

TEST_F(HandOffTest, LeavesOutWhatIsClosed) {
  Raise(1);
  writer_.Acknowledge();
  RunWorker(1, 7);
  const std::optional<shm::HandOff> hand_off = writer_.TakeHandOff(kSlot, Model::Window(3));
  ASSERT_TRUE(hand_off);
  EXPECT_EQ(model_.Differs(kSlot, *hand_off, 3), "");
}

}  // namespace
}  // namespace headcount::test
