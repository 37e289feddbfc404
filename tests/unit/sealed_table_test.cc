// Sealed tables as another process reads them, and the size of their union, against std::set.
#include "common/sets/sealed_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/base/limits.h"
#include "tests/support/owned_table.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

using test::OwnedTable;
using test::Random;

Fingerprint Spread(uint64_t n) { return {Random::Mix(n + 0x9E3779B97F4A7C15), n}; }

// --- Unions --------------------------------------------------------------------------------------------------

// Tables of all sizes, whose blocks never begin and end at the same fingerprints.
TEST(CountMerged, IsTheSizeOfTheUnionOfTheSets) {
  Random random(4);
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE("seed 4, round " + std::to_string(round));
    std::set<std::pair<uint64_t, uint64_t>> model;
    std::vector<std::unique_ptr<OwnedTable>> owned;
    std::vector<SealedTable> sealed;
    const uint64_t values = uint64_t{10} << random.Below(13);
    for (uint64_t tables = random.Below(8); tables > 0; --tables) {
      owned.push_back(std::make_unique<OwnedTable>(uint64_t{2} << 20));
      const uint64_t wanted = random.Below(random.Chance(0.2) ? values + 1 : values / 8 + 1);
      for (uint64_t i = 0; i < wanted; ++i) {
        Fingerprint uid = Spread(random.Below(values));
        if (random.Chance(0.1)) uid.high = random.Below(2);  // alike in one half only
        owned.back()->Add(uid);
        model.insert({uid.low, uid.high});
      }
    }
    for (const auto& table : owned) sealed.push_back(table->Sealed());
    ASSERT_EQ(CountMerged(sealed), model.size());
  }
}

TEST(CountMerged, NeverTouchesATableThatHasNoBlocks) {
  OwnedTable owned(uint64_t{1} << 20);
  owned.Add({5, 6});
  EXPECT_EQ(CountMerged({SealedTable{}, owned.Sealed(), SealedTable{}}), 1U);
  EXPECT_EQ(CountMerged({SealedTable{}, SealedTable{}}), 0U);
  EXPECT_EQ(CountMerged({}), 0U);
}

TEST(CountMerged, SaysThatItIsAtItAsOftenAsPromised) {
  OwnedTable a(uint64_t{16} << 20);
  OwnedTable b(uint64_t{16} << 20);
  constexpr uint64_t kUsers = 3 * limits::kMergeHeartbeatUsers;
  for (uint64_t n = 0; n < kUsers; ++n) (n % 2 == 0 ? a : b).Add(Spread(n));
  int beats = 0;
  EXPECT_EQ(CountMerged({a.Sealed(), b.Sealed()}, [&beats] { ++beats; }), kUsers);
  EXPECT_GE(beats, 2);
}

// --- What must not be believed -------------------------------------------------------------------------------

TEST(SealedTableDeathTest, EndsTheProcessThatReadsABlockOutsideTheSlice) {
  OwnedTable owned(uint64_t{1} << 20);
  for (uint64_t n = 0; n < 50; ++n) owned.Add(Spread(n));
  const SealedTable other = owned.Sealed();
  std::vector<char> slice(DistinctTable::kMinBlockBytes);
  for (const uint32_t name : {uint32_t{1}, uint32_t{16}, UINT32_MAX}) {
    const SealedTable table(slice.data(), slice.size(), {&name, 1, slice.size()}, 50);
    EXPECT_DEATH(CountMerged({table, other}), "block 0 of a sealed table") << name;
  }
  const uint32_t first = 0;
  const SealedTable longer(slice.data(), slice.size(), {&first, 1, slice.size() + 16}, 50);
  EXPECT_DEATH(CountMerged({longer, other}), "block 0 of a sealed table");
}

TEST(SealedTableDeathTest, EndsTheProcessThatFindsMoreOrFewerUsersThanWereSealed) {
  OwnedTable owned(uint64_t{1} << 20);
  for (uint64_t n = 0; n < 50; ++n) owned.Add(Spread(n));
  const SealedTable right = owned.Sealed();
  const char* const memory = reinterpret_cast<const char*>(right.PlacesOf(0)) - right.blocks().names[0] * 256;
  for (const uint64_t said : {uint64_t{49}, uint64_t{51}, UINT64_MAX}) {
    const SealedTable wrong(memory, uint64_t{1} << 20, right.blocks(), said);
    EXPECT_DEATH(CountMerged({wrong, right}), "holds 50") << said;
  }
}

// Whatever stands in the blocks: the bytes of a union are read once.
TEST(CountMerged, EndsWhateverItReads) {
  Random random(8);
  for (int round = 0; round < 20; ++round) {
    std::vector<Fingerprint> slice(1024);
    uint64_t sizes[2] = {0, 0};
    for (size_t i = 0; i < slice.size(); ++i) {
      if (random.Chance(0.5)) slice[i] = {random.Below(9), random.Next()};
      sizes[i / 512] += slice[i].empty() ? 0U : 1U;
    }
    const uint32_t names[] = {0, 16, 32, 48};
    const auto* const memory = reinterpret_cast<const char*>(slice.data());
    const SealedTable a(memory, slice.size() * sizeof(Fingerprint), {names, 2, 4096}, sizes[0]);
    const SealedTable b(memory, slice.size() * sizeof(Fingerprint), {names + 2, 2, 4096}, sizes[1]);
    EXPECT_LE(CountMerged({a, b}), sizes[0] + sizes[1]) << "seed 8";
  }
}

}  // namespace
}  // namespace headcount
