// The set of fingerprints against std::set, and what it costs: memory, and work in a single call.
#include "common/sets/distinct_table.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "tests/support/owned_table.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

using test::OwnedTable;
using test::Random;
using test::ReadAll;

using Model = std::set<std::pair<uint64_t, uint64_t>>;  // in the order of a table

Fingerprint Spread(uint64_t n) { return {Random::Mix(n + 0x9E3779B97F4A7C15), n}; }

Model ModelOf(const std::vector<Fingerprint>& all) {
  Model model;
  for (const Fingerprint uid : all) model.insert({uid.low, uid.high});
  return model;
}

bool Ascends(const std::vector<Fingerprint>& all) {
  for (size_t i = 1; i < all.size(); ++i) {
    if (RankOf(all[i - 1]) >= RankOf(all[i])) return false;
  }
  return true;
}

// What an empty table takes, by way of its first block: no bound for so few.
constexpr uint64_t kFirstBlocks = 256;
// Bytes a user at most once there are more: a third block for two that are full.
constexpr double kBytesAUser = 30.5;

// --- A set ---------------------------------------------------------------------------------------------------

// Every size up to where the table has been split several times; among the fingerprints some that are alike in their
// first half, or all but.
TEST(DistinctTable, HoldsWhatASetHoldsAtEverySize) {
  Random random(3);
  OwnedTable owned(uint64_t{4} << 20);
  Model model;
  uint64_t looked_at = 0;
  while (model.size() < 60'000) {
    Fingerprint uid = Spread(random.Below(90'000));
    if (random.Chance(0.01)) uid.high = random.Below(3);
    if (random.Chance(0.01)) uid.low += random.Below(3);
    if (uid.empty()) continue;
    ASSERT_EQ(owned.Add(uid), model.insert({uid.low, uid.high}).second) << "seed 3, at " << model.size();
    ASSERT_EQ(owned.table().size(), model.size());
    if (model.size() < looked_at) continue;
    looked_at = model.size() * 5 / 4 + 1;
    const std::vector<Fingerprint> all = ReadAll(owned.Sealed());
    ASSERT_EQ(all.size(), model.size());
    ASSERT_EQ(ModelOf(all), model);
    ASSERT_TRUE(Ascends(all));
  }
  EXPECT_GT(owned.Sealed().blocks().count, 16U) << "so it has been split to several depths";
}

TEST(DistinctTable, TellsFingerprintsApartThatDifferInOneHalfOnly) {
  OwnedTable owned(uint64_t{1} << 20);
  const std::vector<Fingerprint> all = {{0, 1},
                                        {0, UINT64_MAX},
                                        {1, 0},
                                        {1, 1},
                                        {uint64_t{1} << 63, 0},
                                        {UINT64_MAX, 0},
                                        {UINT64_MAX, UINT64_MAX - 1},
                                        {UINT64_MAX, UINT64_MAX}};
  for (size_t i = all.size(); i-- > 0;) EXPECT_TRUE(owned.Add(all[i]));
  for (const Fingerprint uid : all) EXPECT_FALSE(owned.Add(uid));
  EXPECT_EQ(ReadAll(owned.Sealed()), all);
}

TEST(DistinctTable, IsEmptyBeforeTheFirstFingerprint) {
  OwnedTable owned(uint64_t{1} << 20);
  EXPECT_EQ(owned.table().size(), 0U);
  EXPECT_EQ(owned.Sealed().blocks().count, 0U);
  owned.table().Prefetch(Spread(1));
  EXPECT_EQ(owned.used_bytes(), 0U);
}

// --- What it costs -------------------------------------------------------------------------------------------

TEST(DistinctTable, TakesNoMoreMemoryAUserThanItPromises) {
  for (const uint64_t seed : {uint64_t{5}, uint64_t{6}}) {
    OwnedTable owned(uint64_t{64} << 20);
    for (uint64_t n = 0; n < 1'500'000; ++n) {
      owned.Add(Spread(seed << 32 | n));
      if (n < kFirstBlocks * 32) continue;
      // A few segments are a little ahead of the others.
      ASSERT_LE(static_cast<double>(owned.used_bytes()), kBytesAUser * 1.02 * static_cast<double>(n + 1))
          << "seed " << seed << ", at " << n;
    }
  }
}

TEST(DistinctTable, TakesOneSmallBlockForAFewUsers) {
  OwnedTable owned(uint64_t{1} << 20);
  for (uint64_t n = 0; n < 100; ++n) owned.Add(Spread(n));
  EXPECT_EQ(owned.used_bytes(), DistinctTable::kMinBlockBytes);
}

// The longest single call: however large the table is, it makes room once, and moves what three blocks hold at most.
TEST(DistinctTable, MakesRoomInStepsThatDoNotGrowWithTheTable) {
  OwnedTable owned(uint64_t{64} << 20);
  uint64_t most = 0;
  uint64_t largest_freed = 0;
  for (uint64_t n = 0; n < 1'500'000; ++n) {
    const uint64_t growths = owned.growths();
    const uint64_t used = owned.used_bytes();
    owned.Add(Spread(n));
    most = std::max(most, owned.growths() - growths);
    if (owned.used_bytes() < used) largest_freed = std::max(largest_freed, used - owned.used_bytes());
  }
  EXPECT_EQ(most, 1U) << "growths in one call";
  EXPECT_EQ(owned.largest_block(), DistinctTable::kMaxBlockBytes);
  EXPECT_EQ(largest_freed, 0U);
  EXPECT_GE(owned.table().blocks().size(), 500U);
}

// All segments come to a step at nearly the same size; still they take their turns: a batch of the worker's
// (limits::kBatchFrames) never meets more than a few of them, which together move a few MB.
TEST(DistinctTable, SpreadsTheStepsOfItsSegmentsOverManyFingerprints) {
  constexpr uint64_t kBatch = 512;
  OwnedTable owned(uint64_t{64} << 20);
  uint64_t most = 0;
  for (uint64_t n = 0; n < 1'500'000; n += kBatch) {
    const uint64_t growths = owned.growths();
    for (uint64_t i = n; i < n + kBatch; ++i) owned.Add(Spread(i));
    most = std::max(most, owned.growths() - growths);
  }
  EXPECT_LE(most, 16U);
}

// --- Fingerprints that nobody can make -----------------------------------------------------------------------

// The bound on what a table does with fingerprints that are not spread: as long as they fit it is a set like any other;
// then it ends the process, having taken no more memory than for as many others.
TEST(DistinctTableDeathTest, EndsTheProcessRatherThanTakeMoreAndMoreMemoryForFingerprintsThatAreAlike) {
  const auto fill = [](auto make) {
    OwnedTable owned(uint64_t{16} << 20);
    for (uint64_t n = 1; n <= 100'000; ++n) {
      owned.Add(make(n));
      HC_CHECK(owned.used_bytes() <= 2 * 4096 + 8 * 31 * n, "too much memory at " + std::to_string(n));
    }
  };
  EXPECT_DEATH(fill([](uint64_t n) { return Fingerprint{7, n}; }), "not spread evenly") << "one home";
  EXPECT_DEATH(fill([](uint64_t n) { return Fingerprint{UINT64_MAX, n}; }), "not spread evenly") << "the last home";
  EXPECT_DEATH(fill([](uint64_t n) {
                 return Fingerprint{Random::Mix(n) >> 20, n};
               }),
               "not spread evenly")
      << "the same leading bits";
}

TEST(DistinctTable, DoesNotMindLowBitsThatAreAlike) {
  OwnedTable owned(uint64_t{16} << 20);
  for (uint64_t n = 0; n < 100'000; ++n) ASSERT_TRUE(owned.Add({Random::Mix(n + 1) & ~uint64_t{0xFFFFF}, n}));
  EXPECT_EQ(ReadAll(owned.Sealed()).size(), 100'000U);
  EXPECT_LE(static_cast<double>(owned.used_bytes()), kBytesAUser * 100'000);
}

}  // namespace
}  // namespace headcount
