// The allocator of a worker's slice against a plain model: a list of the blocks that are out.
#include "common/sets/slice_allocator.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/support/random.h"

namespace headcount {
namespace {

constexpr uint64_t kMin = SliceAllocator::kMinBlock;

uint64_t RoundedUp(uint64_t bytes) {
  uint64_t block = kMin;
  while (block < bytes) block *= 2;
  return block;
}

// All blocks of one size that can be had at once.
std::vector<uint64_t> TakeAll(SliceAllocator* allocator, uint64_t bytes) {
  std::vector<uint64_t> taken;
  while (const auto at = allocator->Allocate(bytes)) taken.push_back(*at);
  return taken;
}

struct Model {
  std::map<uint64_t, uint64_t> out;  // beginning -> bytes asked for
  uint64_t used = 0;

  void Take(uint64_t at, uint64_t bytes, uint64_t total) {
    const uint64_t block = RoundedUp(bytes);
    ASSERT_EQ(at % block, 0U);
    ASSERT_LE(at + block, total);
    const auto next = out.lower_bound(at);
    ASSERT_TRUE(next == out.end() || at + block <= next->first) << "overlaps the block behind it";
    if (next != out.begin()) {
      const auto before = std::prev(next);
      ASSERT_LE(before->first + RoundedUp(before->second), at) << "overlaps the block before it";
    }
    out[at] = bytes;
    used += block;
  }
};

TEST(SliceAllocator, NeverHandsOutOverlappingBlocksWhateverIsTakenAndGivenBack) {
  for (const uint64_t total : {kMin, 7 * kMin, 1000 * kMin + 17, uint64_t{1} << 20, (uint64_t{1} << 20) - kMin}) {
    SCOPED_TRACE("total " + std::to_string(total) + ", seed 1");
    test::Random random(1 + total);
    SliceAllocator allocator(total);
    Model model;
    for (int round = 0; round < 20'000; ++round) {
      if (model.out.empty() || random.Chance(0.55)) {
        const uint64_t bytes = random.Below(random.Chance(0.1) ? total + kMin : total / 16 + 2);
        if (const auto at = allocator.Allocate(bytes)) model.Take(*at, bytes, allocator.total_bytes());
      } else {
        auto block = model.out.begin();
        std::advance(block, static_cast<std::ptrdiff_t>(random.Below(model.out.size())));
        allocator.Free(block->first, block->second);
        model.used -= RoundedUp(block->second);
        model.out.erase(block);
      }
      ASSERT_FALSE(HasFatalFailure());
      ASSERT_EQ(allocator.used_bytes(), model.used);
    }
  }
}

TEST(SliceAllocator, JoinsWhatIsGivenBackInAnyOrder) {
  test::Random random(2);
  for (const uint64_t blocks : {uint64_t{1}, uint64_t{8}, uint64_t{13}, uint64_t{100}, uint64_t{255}}) {
    SliceAllocator allocator(blocks * kMin);
    std::vector<uint64_t> taken = TakeAll(&allocator, 1);
    EXPECT_EQ(taken.size(), blocks) << "a slice of any size is used whole";
    EXPECT_EQ(allocator.used_bytes(), allocator.total_bytes());
    while (!taken.empty()) {
      const size_t i = random.Below(taken.size());
      allocator.Free(taken[i], 1);
      taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(i));
    }
    EXPECT_EQ(allocator.used_bytes(), 0U);
    // The binary digits of the size are there again as whole blocks.
    for (uint64_t digit = uint64_t{1} << 20; digit > 0; digit /= 2) {
      if ((blocks & digit) != 0) {
        EXPECT_TRUE(allocator.Allocate(digit * kMin)) << digit << " of " << blocks;
      }
    }
    EXPECT_FALSE(allocator.Allocate(1));
  }
}

TEST(SliceAllocator, TakesTheLowestBlockThatFitsSoThatTouchedPagesAreUsedAgain) {
  SliceAllocator allocator(64 * kMin);
  const std::vector<uint64_t> taken = TakeAll(&allocator, kMin);
  for (const size_t i : {size_t{40}, size_t{9}, size_t{23}}) allocator.Free(taken[i], kMin);
  EXPECT_EQ(allocator.Allocate(kMin), taken[9]);
  EXPECT_EQ(allocator.Allocate(kMin), taken[23]);
  EXPECT_EQ(allocator.Allocate(kMin), taken[40]);
}

TEST(SliceAllocator, DividesALargeBlockBelowBeforeItTakesASmallOneAbove) {
  SliceAllocator allocator(64 * kMin);
  const std::vector<uint64_t> taken = TakeAll(&allocator, kMin);
  for (size_t i = 0; i < 32; ++i) allocator.Free(taken[i], kMin);
  allocator.Free(taken[40], kMin);
  for (size_t i = 0; i < 32; ++i) EXPECT_EQ(allocator.Allocate(kMin), taken[i]);
  EXPECT_EQ(allocator.Allocate(kMin), taken[40]);
}

// A terabyte of address space: what is known about it takes memory only for what lies below the highest block used.
TEST(SliceAllocator, ManagesATerabyte) {
  SliceAllocator allocator(uint64_t{1} << 40);
  EXPECT_EQ(allocator.Allocate(1), 0U);
  EXPECT_EQ(allocator.Allocate(uint64_t{1} << 39), uint64_t{1} << 39);
  EXPECT_EQ(allocator.Allocate(kMin), kMin);
  allocator.Free(uint64_t{1} << 39, uint64_t{1} << 39);
  allocator.Free(0, 1);
  allocator.Free(kMin, kMin);
  EXPECT_EQ(allocator.Allocate(uint64_t{1} << 40), 0U);
}

TEST(SliceAllocator, RefusesWhatIsLargerThanTheSlice) {
  SliceAllocator allocator(4 * kMin + 5);
  EXPECT_EQ(allocator.total_bytes(), 4 * kMin);
  EXPECT_FALSE(allocator.Allocate(4 * kMin + 1));
  EXPECT_FALSE(allocator.Allocate(UINT64_MAX));
  EXPECT_TRUE(allocator.Allocate(4 * kMin));
  EXPECT_FALSE(allocator.Allocate(0));
}

TEST(SliceAllocatorDeathTest, EndsTheProcessWhenABlockIsGivenBackTwiceOrElsewhere) {
  SliceAllocator allocator(8 * kMin);
  const uint64_t first = *allocator.Allocate(kMin);
  ASSERT_TRUE(allocator.Allocate(kMin));
  allocator.Free(first, kMin);
  EXPECT_DEATH(allocator.Free(first, kMin), "freed twice");
  EXPECT_DEATH(allocator.Free(first + 1, kMin), "freed");
  EXPECT_DEATH(allocator.Free(8 * kMin, kMin), "freed");
}

}  // namespace
}  // namespace headcount
