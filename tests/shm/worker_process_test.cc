// A whole worker process on a file, with the test in the writer's place.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "common/base/wakeup.h"
#include "common/judge/commit_metadata.h"
#include "common/shm/coordinator_view.h"
#include "common/shm/writer_view.h"
#include "coordinator/job/child_process.h"
#include "tests/support/child_process.h"
#include "worker/worker.h"

namespace headcount::test {
namespace {

constexpr PartitionId kPartition{0};
constexpr SlotId kSlot{0};

class WorkerProcessTest : public testing::Test {
 protected:
  WorkerProcessTest() {
    EXPECT_EQ(pipe(alive_), 0);
    options_.until_end = true;
    options_.memory_bytes = uint64_t{4} << 20;
    options_.files = {(folder_ / "frames").string()};
  }
  ~WorkerProcessTest() override {
    close(alive_[0]);
    close(alive_[1]);
  }

  // Lines of equal length, all of one minute but for the second.
  void WriteFrames(int64_t frames) {
    std::string text;
    for (int64_t i = 0; i < frames; ++i) {
      text += "{\"ts\":" + std::to_string(1000 + i % 10) + ",\"uid\":" + std::to_string(100'000 + i) + "}\n";
    }
    bytes_per_frame_ = static_cast<int64_t>(text.size()) / frames;
    WriteFile(folder_ / "frames", text);
  }

  // Runs the worker from `start` and closes whatever it seals, until its last publication. The sum of all closed.
  VerdictCounts RunFrom(const SafePoint& start) {
    view_.OpenPartition(kPartition);
    view_.RaisePartitionCount(1);
    view_.StoreSafePoint(kPartition, ToText({RunId(1), Sequence(0), WindowStart::Unset(), 60}, start),
                         start.state.offset);
    view_.CloseUpTo(WindowStart::Unset(), RunId(1), Sequence(0));
    view_.EnterState(shm::WriterState::kTakenOver);
    shm::CoordinatorView(&memory_).RaiseGeneration(kSlot, Generation(1));
    const WorkerStart worker{&options_, &memory_, &wakeups_, alive_[0], kSlot, Generation(1), {1, 2}, {}};
    std::vector<int> kept = {alive_[0], wakeups_.worker(kSlot).fd(), wakeups_.writer().fd()};
    const Result<pid_t> pid = ForkChild("worker", kept, getpid(), [&] { return RunWorker(worker); });
    EXPECT_TRUE(pid.ok());

    VerdictCounts closed;
    WindowStart closed_frontier;
    int status = 0;
    bool ended = false;
    for (bool last = false; !last && !ended;) {
      ended = waitpid(*pid, &status, WNOHANG) == *pid;  // before the last look, which then sees all it said
      view_.Acknowledge();
      if (const auto hand_off = view_.TakeHandOff(kSlot, closed_frontier)) {
        for (const shm::SealedWindow& window : hand_off->windows) closed += window.counts;
        last = hand_off->last;
        closed_frontier = hand_off->sealed_frontier;
        view_.CloseUpTo(closed_frontier, RunId(1), Sequence(1));
        wakeups_.worker(kSlot).Signal();
      }
      if (!last && !ended) WaitReadable({wakeups_.writer().fd()}, 50);
      wakeups_.writer().Clear();
    }
    if (!ended) waitpid(*pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return closed;
  }

  const TempDir folder_;
  RunOptions options_;
  int64_t bytes_per_frame_ = 0;
  int alive_[2] = {-1, -1};
  const Wakeups wakeups_ = Wakeups::Create(1).value();
  const shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{4} << 20).value();
  shm::WriterView view_{&memory_};
};

TEST_F(WorkerProcessTest, ReadsAFileToItsEndAndSealsEverything) {
  WriteFrames(3'000);
  const VerdictCounts closed = RunFrom({});
  EXPECT_EQ(closed.counted, 3'000U);
  EXPECT_EQ(closed.records(), 3'000U);
}

TEST_F(WorkerProcessTest, UnderUntilEndLeavesNothingUnreadWhereItsMovesAreFull) {
  WriteFrames(500);
  // As a streaming run may leave it at its drain: as many excuses as the metadata can hold, and no room made yet.
  SafePoint start;
  for (int64_t i = 1; i <= static_cast<int64_t>(limits::kMaxDecisions); ++i) {
    const Offset after_a_frame((i * 10 - 1) * bytes_per_frame_ + 1);
    start.decisions.push_back({after_a_frame, Decision::Kind::kIdle, WindowStart::Unset(), EventTime(2'000)});
  }
  EXPECT_EQ(RunFrom(start).records(), 500U);  // late or not: each has its verdict
}

TEST_F(WorkerProcessTest, GoesOnWhereItsMovesAreFullAndTheRecordsBeforeTheLastExcuseHaveLeftTheLog) {
  WriteFrames(500);
  // A compacted topic: the replay meets the last excuse only together with the record behind it.
  SafePoint start;
  for (int64_t i = 1; i <= static_cast<int64_t>(limits::kMaxDecisions); ++i) {
    const Offset before_a_frame(i * 10 * bytes_per_frame_);
    start.decisions.push_back({before_a_frame, Decision::Kind::kIdle, WindowStart::Unset(), EventTime(2'000)});
  }
  EXPECT_EQ(RunFrom(start).records(), 500U);
}

}  // namespace
}  // namespace headcount::test
