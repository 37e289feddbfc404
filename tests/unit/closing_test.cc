// What one transaction may hold, decided from publications made by hand.
#include "coordinator/writer/closing.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <utility>

#include "tests/support/owned_table.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

constexpr int64_t kWindow = 60;

WindowStart Window(int64_t n) { return WindowStart(n * kWindow); }

shm::HandOff Sealed(int64_t frontier, int32_t partition_count = 2) {
  shm::HandOff hand_off;
  hand_off.sealed_frontier = Window(frontier);
  hand_off.partition_count = partition_count;
  return hand_off;
}

JudgeState At(int64_t offset, bool idle_here = false, int64_t watermark = 0) {
  return {Offset(offset), idle_here, EventTime(watermark), {}, {}};
}

Decision MarkIdle(int64_t offset, int64_t frontier) {
  return {Offset(offset), Decision::Kind::kIdle, Window(frontier), EventTime(1'000'000)};
}

// --- What may close ------------------------------------------------------------------------------------------

TEST(SealedByAll, IsTheBoundaryOfTheSlowestWorker) {
  EXPECT_EQ(SealedByAll({Sealed(7), Sealed(5), Sealed(9)}, 2), Window(5));
  EXPECT_EQ(SealedByAll({Sealed(7)}, 2), Window(7));
}

TEST(SealedByAll, IsUnsetAsLongAsAWorkerHasPublishedNothing) {
  EXPECT_EQ(SealedByAll({Sealed(7), std::nullopt}, 2), WindowStart::Unset());
  EXPECT_EQ(SealedByAll({std::nullopt}, 2), WindowStart::Unset());
  EXPECT_EQ(SealedByAll({}, 2), WindowStart::Unset());
}

TEST(SealedByAll, IsUnsetAsLongAsAWorkerHasSealedNothing) {
  shm::HandOff nothing = Sealed(1);
  nothing.sealed_frontier = WindowStart::Unset();
  EXPECT_EQ(SealedByAll({Sealed(7), nothing}, 2), WindowStart::Unset());
}

TEST(SealedByAll, DoesNotTrustAPublicationFromBeforeTheTopicGrew) {
  EXPECT_EQ(SealedByAll({Sealed(7, 3), Sealed(7, 2)}, 3), WindowStart::Unset());
  EXPECT_EQ(SealedByAll({Sealed(7, 3), Sealed(7, 3)}, 2), WindowStart::Unset());
  EXPECT_EQ(SealedByAll({Sealed(7, 3), Sealed(6, 3)}, 3), Window(6));
}

TEST(AllLast, NeedsAGoodbyeOfEveryWorker) {
  shm::HandOff last = Sealed(3);
  last.last = true;
  EXPECT_TRUE(AllLast({last, last}));
  EXPECT_FALSE(AllLast({last, Sealed(3)}));
  EXPECT_FALSE(AllLast({last, std::nullopt}));
}

TEST(ClosesAllWindows, SaysWhetherAnyWorkerHasSealedFurther) {
  shm::HandOff a = Sealed(3);
  shm::HandOff b = Sealed(5);
  a.windows.push_back({Window(2), {}, {}, {}});
  EXPECT_TRUE(ClosesAllWindows({a, std::nullopt, b}, Window(3))) << "what is sealed beyond holds nothing";
  b.windows.push_back({Window(3), {}, {}, {}});
  EXPECT_FALSE(ClosesAllWindows({a, std::nullopt, b}, Window(3)));
  EXPECT_TRUE(ClosesAllWindows({a, std::nullopt, b}, Window(4)));
}

TEST(BoundedFrontier, ClosesTheOldestWindowsFirstAndCountsAWindowOfSeveralWorkersOnce) {
  shm::HandOff a = Sealed(100);
  shm::HandOff b = Sealed(100);
  for (const int64_t n : {1, 2, 50}) a.windows.push_back({Window(n), {}, {}, {}});
  for (const int64_t n : {2, 3, 99, 100}) b.windows.push_back({Window(n), {}, {}, {}});
  const HandOffs both{a, std::nullopt, b};
  EXPECT_EQ(BoundedFrontier(both, Window(100), kWindow, 5), Window(100)) << "1, 2, 3, 50 and 99";
  EXPECT_EQ(BoundedFrontier(both, Window(100), kWindow, 4), Window(51));
  EXPECT_EQ(BoundedFrontier(both, Window(100), kWindow, 1), Window(2));
  EXPECT_EQ(BoundedFrontier({a}, WindowStart::Unset(), kWindow, 1), WindowStart::Unset());
}

// --- Records -------------------------------------------------------------------------------------------------

struct OwnedWindow {
  explicit OwnedWindow(WindowStart start) : users(uint64_t{64} << 10) { window.start = start; }
  void Add(uint64_t user) {
    users.Add({test::Random::Mix(user), user + 1});
    window.table = users.Sealed();
    ++window.counts.counted;
  }
  test::OwnedTable users;
  shm::SealedWindow window;
};

TEST(MergeWindows, CountsAUserOfSeveralWorkersOnceAndAddsUpTheVerdicts) {
  test::Random random(5);
  for (int round = 0; round < 50; ++round) {
    SCOPED_TRACE("seed 5, round " + std::to_string(round));
    std::map<WindowStart, std::set<uint64_t>> users;
    std::map<WindowStart, VerdictCounts> counts;
    std::vector<std::unique_ptr<OwnedWindow>> owned;
    HandOffs hand_offs;
    for (int worker = 0; worker < 3; ++worker) {
      shm::HandOff hand_off = Sealed(20);
      for (int64_t n = 0; n < 10; ++n) {
        if (random.Chance(0.4)) continue;
        owned.push_back(std::make_unique<OwnedWindow>(Window(n)));
        OwnedWindow& window = *owned.back();
        for (uint64_t i = random.Below(300); i > 0; --i) {
          const uint64_t user = random.Below(200);
          window.Add(user);
          users[Window(n)].insert(user);
        }
        window.window.counts.late = random.Below(5);
        window.window.counts.invalid_by_reason[random.Below(kInvalidReasons)] = random.Below(5);
        counts[Window(n)] += window.window.counts;
        hand_off.windows.push_back(window.window);
      }
      hand_offs.emplace_back(std::move(hand_off));
    }
    const WindowStart frontier = Window(random.Between(0, 11));
    const std::vector<CountRecord> records = MergeWindows(hand_offs, frontier, kWindow);
    auto expected = counts.begin();
    for (const CountRecord& record : records) {
      ASSERT_NE(expected, counts.end());
      EXPECT_EQ(record.start, expected->first) << "ascending, none left out";
      EXPECT_EQ(record.window_s, kWindow);
      EXPECT_EQ(record.counts, expected->second);
      EXPECT_EQ(record.unique_users, users[record.start].size());
      ++expected;
    }
    EXPECT_TRUE(expected == counts.end() || expected->first >= frontier);
  }
}

TEST(MergeWindows, MakesARecordOfAMinuteThatHasVerdictsButNoUsers) {
  shm::HandOff hand_off = Sealed(3);
  hand_off.windows.push_back({Window(1), {}, {}, {}});
  hand_off.windows[0].counts.late = 4;
  const std::vector<CountRecord> records = MergeWindows({hand_off, std::nullopt}, Window(3), kWindow);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].unique_users, 0U);
  EXPECT_EQ(records[0].counts.late, 4U);
}

// --- Safe points ---------------------------------------------------------------------------------------------

shm::PartitionProgress StepOf(int32_t partition, const JudgeState& rest, std::vector<Decision> decisions = {}) {
  return {PartitionId(partition), rest.offset, rest.watermark, {rest, std::move(decisions)}};
}

TEST(SafePoints, StartAtTheEarliestContributionToAWindowThatStays) {
  shm::HandOff hand_off = Sealed(9);
  hand_off.partitions = {StepOf(0, At(500)), StepOf(2, At(900))};
  hand_off.windows.push_back({Window(1), {}, {}, {{PartitionId(0), At(10)}, {PartitionId(2), At(20)}}});
  hand_off.windows.push_back({Window(2), {}, {}, {{PartitionId(0), At(210)}}});
  hand_off.windows.push_back({Window(3), {}, {}, {{PartitionId(0), At(190)}, {PartitionId(2), At(300)}}});

  const auto offsets = [&](int64_t frontier) {
    const std::vector<PartitionSafePoint> points = SafePoints({std::nullopt, hand_off}, Window(frontier));
    EXPECT_EQ(points.size(), 2U);
    EXPECT_EQ(points[0].partition, PartitionId(0));
    EXPECT_EQ(points[1].partition, PartitionId(2));
    return std::make_pair(points[0].safe.state.offset.value(), points[1].safe.state.offset.value());
  };
  EXPECT_EQ(offsets(1), std::make_pair(int64_t{10}, int64_t{20}));
  EXPECT_EQ(offsets(2), std::make_pair(int64_t{190}, int64_t{300})) << "a later window may begin earlier";
  EXPECT_EQ(offsets(3), std::make_pair(int64_t{190}, int64_t{300}));
  EXPECT_EQ(offsets(4), std::make_pair(int64_t{500}, int64_t{900})) << "nothing stays: the newest points";
}

TEST(SafePoints, CarryTheMovesAtOrAfterThemAndNoOthers) {
  shm::HandOff hand_off = Sealed(9);
  const std::vector<Decision> decisions = {MarkIdle(100, 1),
                                           {Offset(140), Decision::Kind::kPoison, {}, EventTime::Unset()},
                                           MarkIdle(200, 2),
                                           MarkIdle(300, 3)};
  hand_off.partitions = {StepOf(0, At(300, true), decisions)};
  hand_off.windows.push_back({Window(1), {}, {}, {{PartitionId(0), At(140)}}});
  hand_off.windows.push_back({Window(2), {}, {}, {{PartitionId(0), At(200, true)}}});

  const auto safe = [&](int64_t frontier) { return SafePoints({hand_off}, Window(frontier))[0].safe; };
  EXPECT_EQ(safe(1), (SafePoint{At(140), {decisions[1], decisions[2], decisions[3]}}));
  // The excuse at 200 is part of that point already, but a later seal may raise it: it stays with the point.
  EXPECT_EQ(safe(2), (SafePoint{At(200, true), {decisions[2], decisions[3]}}));
  EXPECT_EQ(safe(3), (SafePoint{At(300, true), {decisions[3]}}));
}

TEST(SafePoints, PreferThePointBeforeAnExcuseAtTheSameOffset) {
  shm::HandOff hand_off = Sealed(9);
  hand_off.partitions = {StepOf(0, At(300, true, 77), {MarkIdle(300, 3)})};
  hand_off.windows.push_back({Window(5), {}, {}, {{PartitionId(0), At(300, false, 11)}}});
  EXPECT_EQ(SafePoints({hand_off}, Window(5))[0].safe.state, At(300, false, 11));
  EXPECT_EQ(SafePoints({hand_off}, Window(6))[0].safe.state, At(300, true, 77));
}

}  // namespace
}  // namespace headcount
