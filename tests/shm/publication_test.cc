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

class PublicationTest : public testing::Test {
 protected:
  PublicationTest() {
    writer_.OpenPartition(PartitionId(0));
    writer_.RaisePartitionCount(1);
    writer_.CloseUpTo(Model::Window(0), RunId(1), Sequence(0));
    writer_.EnterState(shm::WriterState::kClaimed);
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
  std::optional<shm::Publication> Take() { return writer_.TakePublication(kSlot, Model::Window(0)); }
  std::string Differs(const std::optional<shm::Publication>& publication) const {
    return publication ? model_.Differs(kSlot, *publication, 0) : "there is none";
  }

  const Model model_{/*seed=*/21, /*windows=*/8, /*slots=*/1};
  const shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{4} << 20).value();
  shm::CoordinatorView coordinator_{&memory_};
  shm::WriterView writer_{&memory_};
};

TEST_F(PublicationTest, IsNotThereBeforeTheFirstIsWhole) {
  Raise(1);
  writer_.Acknowledge();
  EXPECT_FALSE(Take());
  RunWorker(1, 1);
  EXPECT_FALSE(Take()) << "half of the first";
}

TEST_F(PublicationTest, StaysReadableWhenTheWorkerDiesHalfWayInTheNext) {
  for (uint64_t n = 2; n <= 8; ++n) {
    Raise(n);
    writer_.Acknowledge();
    RunWorker(n, n);
    const std::optional<shm::Publication> publication = Take();
    ASSERT_EQ(Differs(publication), "") << "died in publication " << n;
    EXPECT_EQ(publication->generation, Generation(n));
    // The first publication of a life seals nothing.
    EXPECT_EQ(publication->sealed_upto, Model::Window(static_cast<int64_t>(n) - 2));
  }
}

TEST_F(PublicationTest, SaysWhenItIsTheLast) {
  Raise(1);
  writer_.Acknowledge();
  RunWorker(1, 0);
  const std::optional<shm::Publication> publication = Take();
  ASSERT_EQ(Differs(publication), "");
  EXPECT_TRUE(publication->last);
  EXPECT_EQ(publication->windows.size(), 8U);
}

TEST_F(PublicationTest, OfADeadGenerationIsGoneOnceTheGenerationIsRaised) {
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

TEST_F(PublicationTest, IsNotTakenBeforeItsGenerationIsAcknowledged) {
  Raise(1);
  RunWorker(1, 0);
  EXPECT_FALSE(Take()) << "what is held of a slot must always be of the generation acknowledged";
  writer_.Acknowledge();
  EXPECT_EQ(Differs(Take()), "");
}

TEST_F(PublicationTest, LeavesOutWhatIsClosed) {
  Raise(1);
  writer_.Acknowledge();
  RunWorker(1, 7);
  const std::optional<shm::Publication> publication = writer_.TakePublication(kSlot, Model::Window(3));
  ASSERT_TRUE(publication);
  EXPECT_EQ(model_.Differs(kSlot, *publication, 3), "");
}

}  // namespace
}  // namespace headcount::test
