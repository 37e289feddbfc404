// The last frame of each kind that was not counted: whole or not at all, and kept until there is a later one.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/shm/coordinator_view.h"
#include "common/shm/worker_view.h"

namespace headcount::test {
namespace {

// All of one moment.
RejectedFrames Frames(int32_t number) {
  RejectedFrames frames;
  frames.fill(FramePlace{PartitionId(number % 10'000), Offset(number)});
  return frames;
}

class RejectedFramesTest : public testing::Test {
 protected:
  std::optional<RejectedFrames> Seen() const { return shm::CoordinatorView(&memory_).Rejected(SlotId(0)); }

  shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{1} << 20).value();
  shm::WorkerView worker_{&memory_, SlotId(0)};
};

TEST_F(RejectedFramesTest, AreSeenAsTheyWereShown) {
  EXPECT_FALSE(Seen().has_value()) << "nobody has shown any";
  worker_.ShowRejected({});
  EXPECT_EQ(Seen(), RejectedFrames{});
  RejectedFrames frames;
  frames[kFutureKind] = FramePlace{PartitionId(9'999), Offset(int64_t{1} << 40)};
  frames[0] = FramePlace{PartitionId(0), Offset(0)};
  worker_.ShowRejected(frames);
  EXPECT_EQ(Seen(), frames);
}

TEST_F(RejectedFramesTest, AreOfOneMomentWhileTheWorkerGoesOn) {
  std::atomic<bool> ends{false};
  std::thread worker([&] {
    for (int32_t number = 0; !ends; ++number) worker_.ShowRejected(Frames(number % 1'000'000));
  });
  int seen = 0;
  for (int tries = 0; tries < 20'000 || seen < 100; ++tries) {
    const std::optional<RejectedFrames> frames = Seen();
    if (!frames || !frames->front()) continue;
    ++seen;
    const auto number = static_cast<int32_t>(frames->front()->offset.value());
    ASSERT_EQ(*frames, Frames(number));
  }
  ends = true;
  worker.join();
}

}  // namespace
}  // namespace headcount::test
