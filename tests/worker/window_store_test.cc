// The windows of one worker in a slice of ordinary memory: growth, sealing, release, reuse, and a full slice.
#include "worker/window_store.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "common/base/limits.h"
#include "tests/support/owned_table.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

constexpr Generation kGeneration{3};
const std::vector<PartitionId> kPartitions = {PartitionId(1), PartitionId(4)};

WindowStart Window(int64_t n) { return WindowStart(n * 60); }
Fingerprint User(uint64_t n) { return {test::Random::Mix(n), n + 1}; }
JudgeState At(int64_t offset) { return {Offset(offset), false, EventTime(offset), {}, {}}; }

// A store over a slice that is not zero when it begins, as after an earlier life.
class Store {
 public:
  explicit Store(uint64_t bytes, WindowStart closed_frontier = WindowStart::Unset(),
                 std::function<bool()> wait = nullptr)
      : slice_(bytes / sizeof(Fingerprint), Fingerprint{0xdead, 0xbeef}),
        store_(
            {reinterpret_cast<char*>(slice_.data()), bytes}, kGeneration, closed_frontier,
            wait ? std::move(wait) : [this] {
              ++waits_;
              return false;
            }) {}

  WindowStore* operator->() { return &store_; }
  WindowStore& operator*() { return store_; }
  int waits() const { return waits_; }

  // The way the worker adds a counted frame.
  void Count(WindowStart window, Fingerprint uid) {
    WindowStore::OpenWindow* open = store_.Find(window);
    if (open == nullptr) return;
    store_.CountOne(open, &VerdictCounts::counted);
    store_.AddUser(open, uid);
  }
  void FillWindow(WindowStart window, uint64_t first_user, uint64_t users) {
    for (uint64_t i = 0; i < users; ++i) Count(window, User(first_user + i));
  }

  // Up to the last byte that anybody has stored.
  uint64_t touched_bytes() const {
    size_t last = slice_.size();
    while (last > 0 && slice_[last - 1] == Fingerprint{0xdead, 0xbeef}) --last;
    return last * sizeof(Fingerprint);
  }

  // Everything sealed, as the writer reads it.
  shm::HandOff Publish(uint64_t steps = 0) {
    shm::HandOff hand_off{kGeneration, store_.sealed_frontier(), 6, false, {}, {}};
    for (uint64_t i = 0; i < steps; ++i) hand_off.partitions.push_back({PartitionId(1), {}, {}, {At(7), {}}});
    const uint64_t bytes = shm::BytesOf(store_.sealed(), hand_off.partitions);
    const WindowStore::Space room = store_.HandOffSpace(bytes);
    if (room.begin == nullptr) return {};
    shm::Store(room.begin, hand_off, store_.sealed());
    const std::vector<char> copy(room.begin, room.begin + bytes);
    const char* begin = reinterpret_cast<const char*>(slice_.data());
    EXPECT_EQ(room.begin, begin + room.at);
    return shm::LoadHandOff(copy, begin, slice_.size() * sizeof(Fingerprint), WindowStart::Unset());
  }

 private:
  std::vector<Fingerprint> slice_;
  int waits_ = 0;
  WindowStore store_;
};

std::set<uint64_t> UsersOf(const shm::SealedWindow& window) {
  std::set<uint64_t> users;
  for (const Fingerprint uid : test::ReadAll(window.table)) users.insert(uid.high - 1);
  EXPECT_EQ(users.size(), window.table.size());
  return users;
}

// --- Open windows --------------------------------------------------------------------------------------------

TEST(WindowStore, GrowsATableAsOftenAsItsUsersNeedAndLosesNone) {
  test::Random random(6);
  Store store(uint64_t{4} << 20);
  std::map<WindowStart, std::set<uint64_t>> model;
  for (int i = 0; i < 60'000; ++i) {
    const WindowStart window = Window(random.Between(0, 3));
    const uint64_t user = random.Below(20'000);
    model[window].insert(user);
    store.Count(window, User(user));
  }
  store->SealUpTo(Window(4), kPartitions);
  const shm::HandOff hand_off = store.Publish();
  ASSERT_EQ(hand_off.windows.size(), 4U);
  uint64_t counted = 0;
  for (const shm::SealedWindow& window : hand_off.windows) {
    EXPECT_EQ(UsersOf(window), model[window.start]) << "seed 6";
    counted += window.counts.counted;
  }
  EXPECT_EQ(counted, 60'000U);
  EXPECT_EQ(store->judged_counts().counted, 60'000U);
  EXPECT_FALSE(store->out_of_memory());
}

TEST(WindowStore, DropsVerdictsOfWindowsThatWerePublishedBeforeThisLife) {
  Store store(uint64_t{1} << 20, Window(10));
  EXPECT_EQ(store->Find(Window(9)), nullptr);
  EXPECT_EQ(store->Find(Window(0)), nullptr);
  EXPECT_NE(store->Find(Window(10)), nullptr);
  EXPECT_EQ(store->latest(), Window(10));

  PartitionSink sink(&*store, 0);
  const Judge judge({}, {}, &sink);
  sink.set_judge(&judge);
  const uint64_t used = store->used_bytes();
  sink.AddCounted(Window(9), User(1));
  sink.AddLate(Window(8));
  sink.AddFuture(Window(9));
  sink.AddInvalid(Window(9), InvalidReason::kNotJson);
  EXPECT_EQ(store->used_bytes(), used);
  EXPECT_TRUE(store->judged_counts().empty());
  EXPECT_EQ(store->EarliestFirstContribution(0), nullptr) << "nothing of it must hold a safe point back";
}

TEST(WindowStoreDeathTest, EndsTheProcessOnAVerdictForASealedWindow) {
  Store store(uint64_t{1} << 20);
  store.Count(Window(5), User(1));
  store->SealUpTo(Window(6), kPartitions);
  EXPECT_DEATH(store->Find(Window(5)), "sealed window 300");
}

TEST(WindowStore, GivesBackTheCountsOfAllVerdicts) {
  Store store(uint64_t{1} << 20);
  PartitionSink sink(&*store, 1);
  const Judge judge({}, {At(3), {}}, &sink);
  sink.set_judge(&judge);
  sink.AddCounted(Window(1), User(1));
  sink.AddCounted(Window(1), User(1));
  sink.AddLate(Window(1));
  sink.AddFuture(Window(2));
  sink.AddInvalid(Window(1), InvalidReason::kBadTs);
  VerdictCounts waited;
  waited.future = 5;
  waited.invalid_by_reason[0] = 7;
  sink.AddUnattributed(Window(1), waited);
  sink.ForgetWindow();
  store->SealUpTo(Window(2), kPartitions);
  const shm::HandOff hand_off = store.Publish();
  ASSERT_EQ(hand_off.windows.size(), 1U);
  const shm::SealedWindow& window = hand_off.windows[0];
  EXPECT_EQ(window.start, Window(1));
  EXPECT_EQ(window.counts.counted, 2U);
  EXPECT_EQ(window.counts.late, 1U);
  EXPECT_EQ(window.counts.future, 5U);
  EXPECT_EQ(window.counts.invalid(), 8U);
  EXPECT_EQ(window.table.size(), 1U);
  ASSERT_EQ(window.first_contributions.size(), 1U);
  EXPECT_EQ(window.first_contributions[0].partition, PartitionId(4)) << "place 1";
  EXPECT_EQ(store->judged_counts().records(), 17U) << "the open window's too";
}

// --- Points --------------------------------------------------------------------------------------------------

TEST(WindowStore, KnowsTheEarliestPointThatIsStillNeeded) {
  Store store(uint64_t{1} << 20);
  const auto contribute = [&](int64_t window, size_t place, int64_t offset) {
    WindowStore::OpenWindow* open = store->Find(Window(window));
    open->first_contributions.resize(2);
    open->first_contributions[place] = At(offset);
  };
  contribute(1, 0, 50);
  contribute(2, 0, 40);
  contribute(2, 1, 70);
  contribute(3, 0, 60);
  EXPECT_EQ(*store->EarliestFirstContribution(0), At(40));
  EXPECT_EQ(*store->EarliestFirstContribution(1), At(70));
  store->SealUpTo(Window(3), kPartitions);
  EXPECT_EQ(*store->EarliestFirstContribution(0), At(60)) << "of open windows only";
  EXPECT_EQ(store->EarliestFirstContribution(1), nullptr);
  EXPECT_EQ(store->EarliestNeeded(0, Offset(99)), Offset(40)) << "sealed windows may be lost too";
  EXPECT_EQ(store->EarliestNeeded(1, Offset(99)), Offset(70));
  store->ReleaseUpTo(Window(2));
  EXPECT_EQ(store->EarliestNeeded(0, Offset(99)), Offset(40));
  store->ReleaseUpTo(Window(3));
  EXPECT_EQ(store->EarliestNeeded(0, Offset(99)), Offset(60));
  EXPECT_EQ(store->EarliestNeeded(1, Offset(99)), Offset(99));
}

// --- Memory --------------------------------------------------------------------------------------------------

TEST(WindowStore, UsesNoMoreMemoryHoweverManyWindowsOfOneSizeComeAndGo) {
  Store store(uint64_t{256} << 10);
  uint64_t used = 0;
  for (int64_t n = 0; n < 3'000; ++n) {
    store.FillWindow(Window(n), static_cast<uint64_t>(n), 500);
    store->SealUpTo(Window(n + 1), kPartitions);
    const shm::HandOff hand_off = store.Publish(2);
    ASSERT_EQ(hand_off.windows.size(), 2U - (n == 0 ? 1U : 0U)) << "the one before is closed one round later";
    ASSERT_EQ(hand_off.windows.back().table.size(), 500U);
    store->ReleaseUpTo(Window(n));
    if (n == 10) used = store->used_bytes();
    ASSERT_TRUE(n < 10 || store->used_bytes() == used) << "window " << n;
  }
  EXPECT_EQ(store.waits(), 0);
}

TEST(WindowStore, ReleasesNothingThatIsNotClosed) {
  Store store(uint64_t{1} << 20);
  for (int64_t n = 0; n < 5; ++n) store.FillWindow(Window(n), 0, 10);
  store->SealUpTo(Window(4), kPartitions);
  store->ReleaseUpTo(Window(2));
  EXPECT_EQ(store->sealed().size(), 2U);
  store->ReleaseUpTo(Window(1));
  EXPECT_EQ(store->sealed().size(), 2U) << "an older word changes nothing";
  store.FillWindow(Window(7), 100, 3'000);
  const shm::HandOff hand_off = store.Publish();
  ASSERT_EQ(hand_off.windows.size(), 2U);
  for (const shm::SealedWindow& window : hand_off.windows) EXPECT_EQ(UsersOf(window).size(), 10U);
}

TEST(WindowStore, KeepsTheLastPublicationReadableWhileTheNextIsStored) {
  Store store(uint64_t{1} << 20);
  WindowStore::Space last{};
  for (uint64_t round = 1; round < 200; ++round) {
    const uint64_t bytes = 8 * (1 + (round * 37) % 900);
    const WindowStore::Space room = store->HandOffSpace(bytes);
    ASSERT_NE(room.begin, nullptr);
    if (last.begin != nullptr) {
      const std::string before(last.begin, 8);
      std::memset(room.begin, static_cast<int>(round), bytes);
      EXPECT_EQ(std::string(last.begin, 8), before) << "round " << round;
    }
    std::memset(room.begin, static_cast<int>(round), bytes);
    last = room;
  }
}

TEST(WindowStore, SaysThatItIsFullAndNeverLoopsWhenNothingCanBeReleased) {
  Store store(uint64_t{64} << 10);
  store.FillWindow(Window(0), 0, 10'000);
  EXPECT_TRUE(store->out_of_memory());
  EXPECT_EQ(store.waits(), 1);
  // Whatever follows ends at once, and no further wait is begun.
  store.FillWindow(Window(1), 0, 10'000);
  store->SealUpTo(Window(5), kPartitions);
  EXPECT_EQ(store->HandOffSpace(uint64_t{64} << 10).begin, nullptr);
  EXPECT_EQ(store.waits(), 1);
  EXPECT_TRUE(store->sealed().empty()) << "a window that lost users must never be published";
}

TEST(WindowStore, GoesOnWhenTheWriterMakesRoom) {
  Store* self = nullptr;
  int64_t closed = 0;
  int waits = 0;
  Store store(uint64_t{64} << 10, WindowStart::Unset(), [&] {
    ++waits;
    const uint64_t before = (*self)->used_bytes();
    (*self)->ReleaseUpTo(Window(++closed));
    return (*self)->used_bytes() < before;
  });
  self = &store;
  for (int64_t n = 0; n < 50; ++n) {
    store.FillWindow(Window(n), 0, 300);
    store->SealUpTo(Window(n + 1), kPartitions);
    const shm::HandOff hand_off = store.Publish();
    ASSERT_FALSE(hand_off.windows.empty());
    EXPECT_EQ(UsersOf(hand_off.windows.back()).size(), 300U);
  }
  EXPECT_FALSE(store->out_of_memory());
  EXPECT_GT(waits, 10);
}

TEST(WindowStore, TakesUpEveryUserBeforeAWindowIsSealedThoughSomeAreStillComing) {
  Store store(uint64_t{1} << 20);
  for (int64_t n = 0; n < 3 * static_cast<int64_t>(limits::kUsersPrefetched); ++n) {
    store.FillWindow(Window(n), 0, static_cast<uint64_t>(n));
    store.FillWindow(Window(n), 0, 1);  // known
  }
  store->SealUpTo(Window(1'000), kPartitions);
  const shm::HandOff hand_off = store.Publish();
  ASSERT_EQ(hand_off.windows.size(), 3 * limits::kUsersPrefetched);
  for (size_t n = 1; n < hand_off.windows.size(); ++n) EXPECT_EQ(UsersOf(hand_off.windows[n]).size(), n);
}

// Two windows of many users come and go by turns: the memory of the first is used for the third.
TEST(WindowStore, UsesTheBlocksOfAClosedWindowBeforeItTouchesOthers) {
  Store store(uint64_t{32} << 20);
  uint64_t most = 0;
  for (int64_t n = 0; n < 12; ++n) {
    store.FillWindow(Window(n), static_cast<uint64_t>(n) << 32, 100'000);
    most = std::max(most, store->used_bytes());
    store->SealUpTo(Window(n + 1), kPartitions);
    ASSERT_EQ(UsersOf(store.Publish().windows.back()).size(), 100'000U);
    store->ReleaseUpTo(Window(n));
  }
  EXPECT_LE(store.touched_bytes(), most + most / 8);
}

TEST(WindowStore, IsFullOnlyOnceEveryWaitHasBeenInVain) {
  int left = 5;
  Store store(uint64_t{64} << 10, WindowStart::Unset(), [&] { return left-- > 0; });
  store.FillWindow(Window(0), 0, 10'000);
  EXPECT_TRUE(store->out_of_memory());
  EXPECT_EQ(left, -1);
}

}  // namespace
}  // namespace headcount
