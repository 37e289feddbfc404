// The flat table of fingerprints against std::set.
#include "common/distinct_table.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "tests/support/random.h"

namespace headcount {
namespace {

using Model = std::set<std::pair<uint64_t, uint64_t>>;

struct OwnedTable {
  explicit OwnedTable(uint64_t capacity) : places(capacity), table(places.data(), capacity) {}
  bool Add(Fingerprint uid) {
    const bool added = table.Add(uid);
    size += added ? 1 : 0;
    return added;
  }
  CountedTable Counted() const { return {table, size}; }

  std::vector<Fingerprint> places;
  DistinctTable table;
  uint64_t size = 0;
};

// Few distinct values, half of them with the same low bits: probes run into each other and over the end.
Fingerprint Draw(test::Random* random, uint64_t values) {
  const uint64_t value = random->Below(values) + 1;
  if (random->Chance(0.5)) return {UINT64_MAX, value};
  return {test::Random::Mix(value), value};
}

TEST(DistinctTable, HoldsWhatASetHoldsUpToItsLoadLimit) {
  for (uint64_t capacity = DistinctTable::kMinCapacity; capacity <= 4096; capacity *= 2) {
    SCOPED_TRACE("capacity " + std::to_string(capacity) + ", seed 3");
    test::Random random(3 + capacity);
    OwnedTable owned(capacity);
    Model model;
    while (model.size() < DistinctTable::MaxSize(capacity)) {
      const Fingerprint uid = Draw(&random, capacity);
      ASSERT_EQ(owned.table.Contains(uid), model.count({uid.low, uid.high}) == 1);
      ASSERT_EQ(owned.Add(uid), model.insert({uid.low, uid.high}).second);
    }
    EXPECT_EQ(owned.size, model.size());
    Model walked;
    for (const Fingerprint uid : owned.table) {
      if (!uid.empty()) walked.insert({uid.low, uid.high});
    }
    EXPECT_EQ(walked, model);
  }
}

TEST(DistinctTable, TellsFingerprintsApartThatDifferInOneHalfOnly) {
  OwnedTable owned(DistinctTable::kMinCapacity);
  EXPECT_TRUE(owned.Add({0, 1}));
  EXPECT_TRUE(owned.Add({1, 0}));
  EXPECT_TRUE(owned.Add({1, 1}));
  EXPECT_FALSE(owned.Add({0, 1}));
  EXPECT_FALSE(owned.table.Contains({0, 2}));
}

TEST(DistinctTable, LeavesAFreePlaceAtItsLoadLimitSoThatEveryProbeEnds) {
  for (uint64_t capacity = DistinctTable::kMinCapacity; capacity <= uint64_t{1} << 40; capacity *= 2) {
    EXPECT_LT(DistinctTable::MaxSize(capacity), capacity);
    EXPECT_GE(DistinctTable::MaxSize(capacity), capacity / 2);
    // What has just outgrown one table is far from filling the next.
    EXPECT_LE(DistinctTable::MaxSize(capacity) * 2, DistinctTable::MaxSize(capacity * 2));
  }
}

TEST(CountUnion, IsTheSizeOfTheUnionOfTheSets) {
  test::Random random(4);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE("seed 4, round " + std::to_string(round));
    Model model;
    std::vector<OwnedTable> owned;
    const uint64_t tables = random.Below(6);
    for (uint64_t t = 0; t < tables; ++t) {
      owned.emplace_back(DistinctTable::kMinCapacity << random.Below(4));
      const uint64_t wanted = random.Below(DistinctTable::MaxSize(owned.back().places.size()) + 1);
      for (uint64_t i = 0; i < wanted; ++i) {
        const Fingerprint uid = Draw(&random, 2000);
        owned.back().Add(uid);
        model.insert({uid.low, uid.high});
      }
    }
    std::vector<CountedTable> counted;
    counted.reserve(owned.size());
    for (const OwnedTable& table : owned) counted.push_back(table.Counted());
    ASSERT_EQ(CountUnion(counted), model.size());
  }
}

TEST(CountUnion, NeverTouchesATableThatHasNoPlaces) {
  OwnedTable owned(DistinctTable::kMinCapacity);
  owned.Add({5, 6});
  EXPECT_EQ(CountUnion({CountedTable{}, owned.Counted(), CountedTable{}}), 1U);
  EXPECT_EQ(CountUnion({CountedTable{}, CountedTable{}}), 0U);
  EXPECT_EQ(CountUnion({}), 0U);
}

}  // namespace
}  // namespace headcount
