// A worker's loop in this process, with frames made up and the test in the place of the writer and of another worker:
// what it does when its slice is full.
#include "worker/worker_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/judge/commit_metadata.h"
#include "common/shm/coordinator_view.h"
#include "common/shm/writer_view.h"
#include "tests/support/child_process.h"

namespace headcount {
namespace {

constexpr int64_t kUsersAMinute = 1'000;
constexpr int64_t kMinutes = 120;  // of which a slice of 1 MiB holds about thirty
constexpr int64_t kFrames = kMinutes * kUsersAMinute;
constexpr SlotId kSelf{0};
constexpr SlotId kOther{1};

// Minute after minute, each with users of its own; counts what it has handed out.
class MinutesSource final : public FrameSource {
 public:
  Result<void> Start(const std::vector<StartPosition>& /*partitions*/) override { return {}; }
  Result<void> Add(const std::vector<StartPosition>& /*partitions*/) override { return {}; }
  Result<FrameBatch> Fetch(PartitionId /*p*/, size_t max) override {
    texts_.clear();
    frames_.clear();
    for (; next_ < kFrames && texts_.size() < max; ++next_) {
      const int64_t ts = 60'000 + next_ / kUsersAMinute * 60 + next_ % kUsersAMinute * 60 / kUsersAMinute;
      texts_.push_back("{\"ts\":" + std::to_string(ts) + ",\"uid\":" + std::to_string(next_) + "}");
    }
    const int64_t first = next_ - static_cast<int64_t>(texts_.size());
    for (size_t i = 0; i < texts_.size(); ++i) {
      frames_.push_back({Offset(first + static_cast<int64_t>(i)), texts_[i], true});
    }
    return FrameBatch{frames_.data(), frames_.size()};
  }
  Offset Position(PartitionId /*p*/) const override { return Offset(next_); }
  Offset KnownEnd(PartitionId /*p*/) const override { return Offset(kFrames); }
  EndAnswer AskEnd(PartitionId /*p*/, int /*timeout_ms*/) override {
    return next_ == kFrames ? EndAnswer::kAtEnd : EndAnswer::kMore;
  }
  void WakeFetcherIfIdle(PartitionId /*p*/) override {}
  int ReadyFd() const override { return -1; }
  void ClearReady() override {}
  uint64_t LostRecords() const override { return 0; }

  int64_t handed_out() const { return next_; }

 private:
  std::atomic<int64_t> next_{0};
  std::vector<std::string> texts_;
  std::vector<SourceFrame> frames_;
};

class FullSlice : public testing::Test {
 protected:
  // The other one has nothing to read, and holds nobody back.
  FullSlice() {
    options_.workers = 2;
    options_.until_end = true;
    options_.files = {"a", "b"};
    for (int32_t p = 0; p < 2; ++p) {
      writer_.OpenPartition(PartitionId(p));
      writer_.StoreSafePoint(PartitionId(p), ToText({RunId(1), Sequence(1), WindowStart::Unset(), 60}, {}), Offset(0));
    }
    writer_.RaisePartitionCount(2);
    writer_.CloseUpTo(WindowStart::Unset(), RunId(1), Sequence(1));
    writer_.EnterState(shm::WriterState::kTakenOver);
    coordinator_.RaiseGeneration(kSelf, Generation(1));
    BringBackTheOther(Generation(1));

    start_.options = &options_;
    start_.memory = &memory_;
    start_.wakeups = &wakeups_;
    start_.slot = kSelf;
    start_.generation = Generation(1);
    auto source = std::make_unique<MinutesSource>();
    source_ = source.get();
    loop_.emplace(start_, std::move(source));
  }
  ~FullSlice() override {
    // Whatever failed, it must come to its end: everything it waits for is given.
    while (thread_.joinable() && !ended_) PlayTheWriter();
    if (thread_.joinable()) thread_.join();
  }

  void Run() {
    thread_ = std::thread([this] {
      loop_->BeginGeneration();
      Result<void> begun = loop_->StartReading();
      if (!begun) error_ = begun.error();
      while (!error_) {
        const Result<WorkerLoop::RoundEnd> round = loop_->Round();
        if (!round) error_ = round.error();
        if (round.ok() && *round == WorkerLoop::RoundEnd::kLast) break;
      }
      ended_ = true;
    });
  }
  void BringBackTheOther(Generation generation) {
    coordinator_.RaiseGeneration(kOther, generation);
    other_.BeginGeneration(generation, MonotonicMs());
    other_.ShowLowWatermark({EventTime::Forever(), true, EventTime::Unset()}, 2);
  }
  void OtherSeals(WindowStart frontier) {
    other_.BeginHandOff();
    other_.FinishHandOff(0, 0, frontier);
  }
  // Closes what the worker has sealed. The other one has sealed all of it too.
  void PlayTheWriter() {
    writer_.Acknowledge();
    const std::optional<shm::HandOff> hand_off = writer_.TakeHandOff(kSelf, closed_);
    if (!hand_off || hand_off->sealed_frontier <= closed_) return;
    closed_ = hand_off->sealed_frontier;
    OtherSeals(closed_);
    writer_.CloseUpTo(closed_, RunId(1), Sequence(2));
    wakeups_.SignalAllWorkers();
  }
  // Whether it has beaten several times, and read nothing meanwhile.
  bool WaitsAndBeats() {
    constexpr int kBeats = 4;
    int64_t heartbeat = 0;
    int64_t handed_out = -1;
    int beats = 0;
    return test::Eventually([&] {
             if (ended_) return true;
             if (source_->handed_out() != handed_out) beats = 0;
             handed_out = source_->handed_out();
             const int64_t now = coordinator_.Slot(kSelf).heartbeat_ms;
             if (now != heartbeat && handed_out > 0) ++beats;
             heartbeat = now;
             return beats > kBeats;
           }) &&
           !ended_;
  }

  RunOptions options_;
  const shm::JobMemory memory_ = shm::JobMemory::Create(2, limits::kMinMemoryBytes).value();
  const Wakeups wakeups_ = Wakeups::Create(2).value();
  shm::WriterView writer_{&memory_};
  shm::CoordinatorView coordinator_{&memory_};
  shm::WorkerView other_{&memory_, kOther};
  WindowStart closed_;

  WorkerStart start_;
  MinutesSource* source_ = nullptr;
  std::optional<WorkerLoop> loop_;
  std::thread thread_;
  std::atomic<bool> ended_{false};
  std::optional<Error> error_;  // once it has ended
};

TEST_F(FullSlice, WaitsForTheWriterAndGoesOn) {
  Run();
  ASSERT_TRUE(WaitsAndBeats());
  EXPECT_LT(source_->handed_out(), kFrames);
  ASSERT_TRUE(test::Eventually([this] {
    PlayTheWriter();
    return ended_.load();
  }));
  EXPECT_FALSE(error_) << error_->message;
  EXPECT_EQ(coordinator_.Slot(kSelf).status.judged.counted, static_cast<uint64_t>(kFrames));
}

TEST_F(FullSlice, WaitsWhileAnotherWorkerIsBeingStartedAgain) {
  Run();
  ASSERT_TRUE(WaitsAndBeats());
  coordinator_.RaiseGeneration(kOther, Generation(2));  // it has died
  EXPECT_TRUE(WaitsAndBeats()) << "it must not take this for memory that will never be enough";
  BringBackTheOther(Generation(2));  // it reads again, and has sealed nothing yet
  EXPECT_TRUE(WaitsAndBeats());
  ASSERT_TRUE(test::Eventually([this] {
    PlayTheWriter();
    return ended_.load();
  }));
  EXPECT_FALSE(error_) << error_->message;
  EXPECT_EQ(coordinator_.Slot(kSelf).status.judged.counted, static_cast<uint64_t>(kFrames));
}

}  // namespace
}  // namespace headcount
