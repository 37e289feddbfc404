// A worker and the writer as two threads, for the thread sanitizer: it sees no memory that processes share, and x86
// orders most of what a weaker processor would not, so a missing release or acquire shows nowhere else. It finds one by
// the plain bytes that the claim speaks of: publications, sealed windows, tables.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "common/shm/coordinator_view.h"
#include "common/shm/writer_view.h"
#include "tests/support/owned_table.h"
#include "worker/window_store.h"

namespace headcount::test {
namespace {

constexpr SlotId kSlot{0};
constexpr PartitionId kPartition{0};
constexpr int64_t kWindowsOfALife = 60;
constexpr uint64_t kLives = 8;

WindowStart Window(int64_t n) { return WindowStart(60 * n); }
uint64_t UsersOf(int64_t n) { return n % 7 == 0 ? 300 : 5; }  // 300: its table grows
Fingerprint PrintOf(int64_t n, uint64_t user) { return {user * 0x9E3779B97F4A7C15U, static_cast<uint64_t>(n) + 1}; }

class ExchangeThreadsTest : public testing::Test {
 protected:
  ExchangeThreadsTest() {
    writer_.OpenPartition(kPartition);
    writer_.RaisePartitionCount(1);
    writer_.CloseUpTo(Window(0), RunId(1), Sequence(0));
    writer_.EnterState(shm::WriterState::kTakenOver);
  }

  // Two publications take turns, and the writer finds out itself when one was overwritten while it copied it: that the
  // copy is thrown away, the sanitizer does not know. So the worker does not overtake it here. This is said after the
  // copy and before anything it refers to is read: it orders nothing that closed-up-to and the acknowledgement must.
  void AwaitCopied(int64_t sealed) const {
    while (copied_.load(std::memory_order_acquire) < sealed) sched_yield();
  }

  void Work(uint64_t generation) {
    shm::WorkerView view(&memory_, kSlot);
    view.BeginGeneration(Generation(generation), 1);
    const int64_t first = view.closed_frontier().seconds() / 60;
    WindowStore store(view.slice(), Generation(generation), Window(first), [] { return false; });
    // The last windows of a life are published, but it does not wait until they are closed.
    for (int64_t n = first; n < first + kWindowsOfALife; ++n) {
      WindowStore::OpenWindow* window = store.Find(Window(n));
      window->first_contributions = {JudgeState{Offset(n), false, EventTime(60 * n), {}, {{Offset(n - 1), 1}}}};
      for (uint64_t user = 0; user < UsersOf(n); ++user) store.AddUser(window, PrintOf(n, user));
      store.CountOne(window, &VerdictCounts::late);
      for (uint64_t user = 0; user < UsersOf(n); ++user) store.CountOne(window, &VerdictCounts::counted);
      store.SealUpTo(Window(n + 1), {kPartition});
      if (n > first) AwaitCopied(n);
      Publish(&view, &store, generation, n + 1);
      store.ReleaseUpTo(view.closed_frontier());
      ASSERT_FALSE(store.out_of_memory());
    }
  }

  void Publish(shm::WorkerView* view, WindowStore* store, uint64_t generation, int64_t sealed) {
    shm::HandOff hand_off{Generation(generation), Window(sealed), 1, false, {}, {}};
    shm::PartitionProgress step{kPartition, Offset(sealed), EventTime(60 * sealed), {}};
    step.rest.state.offset = step.position;
    hand_off.partitions.push_back(step);
    view->BeginHandOff();
    const uint64_t bytes = shm::BytesOf(store->sealed(), hand_off.partitions);
    const WindowStore::Space room = store->HandOffSpace(bytes);
    shm::Store(room.begin, hand_off, store->sealed());
    view->FinishHandOff(room.at, bytes, Window(sealed));
  }

  // Takes, checks and closes until told to stop.
  void Write() {
    int64_t closed = 0;
    for (uint64_t sequence = 1; !stop_.load(std::memory_order_relaxed); ++sequence) {
      writer_.Acknowledge();
      const std::optional<shm::HandOff> taken = writer_.TakeHandOff(kSlot, Window(closed));
      if (!taken || taken->sealed_frontier <= Window(closed)) {
        sched_yield();
        continue;
      }
      copied_.store(taken->sealed_frontier.seconds() / 60, std::memory_order_release);
      for (const shm::SealedWindow& window : taken->windows) Check(window, closed++);
      EXPECT_EQ(Window(closed).seconds(), taken->sealed_frontier.seconds());
      writer_.CloseUpTo(Window(closed), RunId(1), Sequence(sequence));
    }
    closed_ = closed;
  }

  static void Check(const shm::SealedWindow& window, int64_t n) {
    EXPECT_EQ(window.start.seconds(), Window(n).seconds());
    EXPECT_EQ(window.counts.counted, UsersOf(n));
    EXPECT_EQ(window.table.size(), UsersOf(n));
    const std::vector<Fingerprint> users = test::ReadAll(window.table);
    EXPECT_EQ(users.size(), UsersOf(n));
    for (uint64_t user = 0; user < UsersOf(n); ++user) {
      EXPECT_NE(std::find(users.begin(), users.end(), PrintOf(n, user)), users.end());
    }
    ASSERT_EQ(window.first_contributions.size(), 1U);
    EXPECT_EQ(window.first_contributions[0].state.offset, Offset(n));
  }

  const shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{2} << 20).value();
  shm::CoordinatorView coordinator_{&memory_};
  shm::WriterView writer_{&memory_};
  std::atomic<int64_t> copied_{0};  // the writer holds a copy of what was sealed up to here
  std::atomic<bool> stop_{false};
  int64_t closed_ = 0;  // of the writer, once it has ended
};

TEST_F(ExchangeThreadsTest, HandsOverEveryByteInOrderFromLifeToLife) {
  std::thread writer([this] { Write(); });
  for (uint64_t generation = 1; generation <= kLives; ++generation) {
    coordinator_.RaiseGeneration(kSlot, Generation(generation));
    // The next worker builds its tables where the writer may still be reading those of the last.
    while (coordinator_.Slot(kSlot).acknowledged != Generation(generation)) sched_yield();
    std::thread([this, generation] { Work(generation); }).join();
  }
  const int64_t sealed = memory_.slot(kSlot).worker_sealed_frontier.load() / 60;
  AwaitCopied(sealed);
  stop_.store(true, std::memory_order_relaxed);
  writer.join();
  EXPECT_EQ(closed_, sealed);
  EXPECT_GT(sealed, static_cast<int64_t>(kLives));
}

}  // namespace
}  // namespace headcount::test
