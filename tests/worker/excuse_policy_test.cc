// When a partition does not hold the clock, moment by moment. Time and answers are made up.
#include "worker/excuse_policy.h"

#include <gtest/gtest.h>

#include "common/base/limits.h"

namespace headcount {
namespace {

using shm::Excuse;

constexpr int64_t kStart = 1'000'000;
constexpr int64_t kIdle = 10'000;
constexpr int64_t kMaxHold = 3'000;

RunOptions Streaming() {
  RunOptions options;
  options.idle_timeout_ms = kIdle;
  return options;
}
RunOptions WithMaxHold() {
  RunOptions options = Streaming();
  options.max_hold_ms = kMaxHold;
  return options;
}
RunOptions UntilEnd(bool leave_open = false) {
  RunOptions options = Streaming();
  options.until_end = true;
  options.leave_open = leave_open;
  return options;
}

WindowStart Boundary(int64_t n) { return WindowStart(n * 60); }

// Read up to what is known, level with the others.
PartitionFacts CaughtUp(int64_t position = 100) {
  PartitionFacts facts;
  facts.position = facts.known_end = Offset(position);
  facts.own_boundary = facts.boundary_of_others = Boundary(5);
  return facts;
}

PartitionFacts Behind(int64_t own = 5, int64_t others = 7) {
  PartitionFacts facts = CaughtUp();
  facts.own_boundary = Boundary(own);
  facts.boundary_of_others = Boundary(others);
  return facts;
}

// A silent partition, excused at the moment returned.
int64_t MakeSilent(ExcusePolicy* policy) {
  const int64_t now = kStart + kIdle;
  policy->OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), now);
  EXPECT_EQ(policy->excuse(), Excuse::kSilent);
  return now;
}

// --- A leader that is away, and a job that wakes -----------------------------------------------------------------

constexpr int64_t kReturn = limits::kProducersReturnMs;
static_assert(kReturn > kIdle);

// Whether an answer of the leader makes it silent at that moment.
bool BecomesSilent(ExcusePolicy policy, int64_t now) {
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), now);
  return policy.excuse() == Excuse::kSilent;
}

TEST(ExcusePolicy, TakesNobodyForSilentWhileItsLeaderIsAwayNorUntilItsProducersHaveHadTimeToComeBack) {
  ExcusePolicy policy(Streaming(), kStart);
  policy.OnContact({false, 1}, kStart + 5'000);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), kStart + 60'000));
  EXPECT_FALSE(BecomesSilent(policy, kStart + 60'000));
  EXPECT_EQ(policy.hold_reason(kStart + 60'000), shm::HoldReason::kLeaderAway);
  policy.OnContact({true, 1}, kStart + 76'000);
  EXPECT_FALSE(BecomesSilent(policy, kStart + 76'000 + kReturn - 1));
  EXPECT_EQ(policy.hold_reason(kStart + 76'000), shm::HoldReason::kLeaderReturned);
  EXPECT_TRUE(BecomesSilent(policy, kStart + 76'000 + kReturn));
  EXPECT_EQ(policy.hold_reason(kStart + 76'000 + kReturn), shm::HoldReason::kNone);
}

TEST(ExcusePolicy, HoldsAgainWhereTheLeaderOfASilentPartitionGoesAwayOrIsAnotherOne) {
  ExcusePolicy policy(Streaming(), kStart);
  const int64_t silent = MakeSilent(&policy);
  policy.OnContact({false, 1}, silent + 1'000);
  EXPECT_FALSE(policy.excused());
  policy.OnContact({true, 1}, silent + 2'000);
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), silent + 2'000 + kReturn);
  ASSERT_TRUE(policy.excused());
  // Lost and there again between two looks.
  policy.OnContact({true, 2}, silent + 30'000);
  EXPECT_FALSE(policy.excused());
  EXPECT_FALSE(BecomesSilent(policy, silent + 30'000 + kReturn - 1));
  EXPECT_TRUE(BecomesSilent(policy, silent + 30'000 + kReturn));
}

TEST(ExcusePolicy, GivesProducersTheIdleTimeoutWhereThatIsLonger) {
  RunOptions options = Streaming();
  options.idle_timeout_ms = 2 * kReturn;
  ExcusePolicy policy(options, kStart);
  policy.OnContact({false, 1}, kStart + 90'000);
  policy.OnContact({true, 1}, kStart + 100'000);
  EXPECT_FALSE(BecomesSilent(policy, kStart + 100'000 + 2 * kReturn - 1));
  EXPECT_TRUE(BecomesSilent(policy, kStart + 100'000 + 2 * kReturn));
}

TEST(ExcusePolicy, ChangesNothingWhileTheLeaderAnswers) {
  ExcusePolicy policy(Streaming(), kStart);
  for (int64_t ms = 0; ms < kIdle; ms += 1'000) policy.OnContact({true, 0}, kStart + ms);
  EXPECT_TRUE(BecomesSilent(policy, kStart + kIdle));
}

TEST(ExcusePolicy, HoldsForAWholeIdleTimeoutOnceTheJobIsWoken) {
  ExcusePolicy policy(Streaming(), kStart);
  MakeSilent(&policy);
  const int64_t woken = kStart + 3'600'000;
  policy.OnJobWoken(woken);
  EXPECT_FALSE(policy.excused());
  EXPECT_EQ(policy.hold_reason(woken), shm::HoldReason::kJobWoken);
  policy.OnRecord(false, woken + 1);
  EXPECT_FALSE(BecomesSilent(policy, woken + kIdle - 1)) << "a record that moves no clock ends no wait";
  EXPECT_TRUE(BecomesSilent(policy, woken + kIdle));
}

TEST(ExcusePolicy, HoldsThoughItIsEmptyOnceTheJobIsWoken) {
  PartitionFacts empty = CaughtUp(0);
  ExcusePolicy policy(Streaming(), kStart);
  policy.OnEndAnswer(EndAnswer::kAtEnd, empty, kStart);
  ASSERT_EQ(policy.excuse(), Excuse::kEmpty);
  policy.OnJobWoken(kStart + 14'000);
  EXPECT_FALSE(policy.excused());
  policy.OnEndAnswer(EndAnswer::kAtEnd, empty, kStart + 14'000 + kIdle - 1);
  EXPECT_FALSE(policy.excused());
  policy.OnEndAnswer(EndAnswer::kAtEnd, empty, kStart + 14'000 + kIdle);
  EXPECT_EQ(policy.excuse(), Excuse::kEmpty);
}

TEST(ExcusePolicy, UnderUntilEndNeitherALostLeaderNorAWakeBringsBackAPartitionThatIsRead) {
  ExcusePolicy policy(UntilEnd(), kStart);
  PartitionFacts facts = CaughtUp();
  facts.read_to_until = true;
  policy.Update(facts, kStart);
  ASSERT_EQ(policy.excuse(), Excuse::kAtEnd);
  policy.OnContact({false, 1}, kStart + 1);
  policy.OnJobWoken(kStart + 2);
  EXPECT_EQ(policy.excuse(), Excuse::kAtEnd);
}

// --- Silent --------------------------------------------------------------------------------------------------

TEST(ExcusePolicy, TakesNobodyForSilentBeforeTheIdleTimeout) {
  ExcusePolicy policy(Streaming(), kStart);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), kStart + kIdle - 1));
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), kStart + kIdle - 1);
  EXPECT_FALSE(policy.excused()) << "an answer that comes too early proves nothing";
  EXPECT_TRUE(ExcusePolicy(Streaming(), kStart).WantsEnd(CaughtUp(), kStart + kIdle));
}

TEST(ExcusePolicy, CountsTheIdleTimeoutFromTheLastRecordThatMovedTheWatermark) {
  ExcusePolicy policy(Streaming(), kStart);
  policy.OnRecord(true, kStart + 4'000);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), kStart + 4'000 + kIdle - 1));
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), kStart + 4'000 + kIdle));
}

TEST(ExcusePolicy, TakesAPartitionForSilentThoughRecordsComeThatDoNotMoveItsWatermark) {
  ExcusePolicy policy(Streaming(), kStart);
  for (int64_t ms = 0; ms < kIdle; ms += 100) policy.OnRecord(false, kStart + ms);
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), kStart + kIdle));
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), kStart + kIdle);
  EXPECT_EQ(policy.excuse(), Excuse::kSilent);
}

TEST(ExcusePolicy, ExcusesNobodyWithoutAnAnswerOfTheLeader) {
  ExcusePolicy policy(Streaming(), kStart);
  policy.Update(CaughtUp(), kStart + 100 * kIdle);
  EXPECT_FALSE(policy.excused());
  policy.OnEndAnswer(EndAnswer::kUnanswered, CaughtUp(), kStart + 100 * kIdle);
  EXPECT_FALSE(policy.excused()) << "a question without an answer is not silence";
  policy.OnEndAnswer(EndAnswer::kMore, CaughtUp(), kStart + 101 * kIdle);
  EXPECT_FALSE(policy.excused());
}

TEST(ExcusePolicy, AsksNobodyWhereMoreIsKnownToBeThere) {
  ExcusePolicy policy(Streaming(), kStart);
  PartitionFacts facts = CaughtUp();
  facts.known_end = Offset(facts.position.value() + 1);
  EXPECT_FALSE(policy.WantsEnd(facts, kStart + kIdle));
  policy.OnEndAnswer(EndAnswer::kAtEnd, facts, kStart + kIdle);
  EXPECT_FALSE(policy.excused());
}

TEST(ExcusePolicy, EndsAnExcuseWithTheNextRecordWhateverItSays) {
  for (const bool moved : {false, true}) {
    ExcusePolicy policy(Streaming(), kStart);
    const int64_t now = MakeSilent(&policy);
    policy.OnRecord(moved, now + 1);
    EXPECT_FALSE(policy.excused());
    // A record that moves nothing leaves the partition as silent as it was: one more answer excuses it.
    EXPECT_EQ(policy.WantsEnd(CaughtUp(), now + limits::kAskEndPauseMs), !moved);
  }
}

TEST(ExcusePolicy, KeepsAnExcuseUntilThenWithoutAskingAgain) {
  ExcusePolicy policy(Streaming(), kStart);
  int64_t now = MakeSilent(&policy);
  for (int i = 0; i < 100; ++i) {
    policy.Update(Behind(), now += 1'000);
    EXPECT_FALSE(policy.WantsEnd(CaughtUp(), now));
    EXPECT_EQ(policy.excuse(), Excuse::kSilent);
  }
}

TEST(ExcusePolicy, StaysExcusedWhereAnEarlierLifeWasUntilTheNextRecord) {
  ExcusePolicy policy(Streaming(), kStart);
  policy.StayExcused();
  EXPECT_EQ(policy.excuse(), Excuse::kSilent);
  policy.OnRecord(false, kStart);
  EXPECT_FALSE(policy.excused());
}

// --- Questions are rare --------------------------------------------------------------------------------------

TEST(ExcusePolicy, WaitsBetweenQuestionsAndLongerWhereNobodyAnswered) {
  ExcusePolicy policy(Streaming(), kStart);
  int64_t now = kStart + kIdle;
  policy.OnEndAnswer(EndAnswer::kMore, CaughtUp(), now);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), now + limits::kAskEndPauseMs - 1));
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), now += limits::kAskEndPauseMs));
  policy.OnEndAnswer(EndAnswer::kUnanswered, CaughtUp(), now);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), now + limits::kUnansweredPauseMs - 1));
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), now + limits::kUnansweredPauseMs));
}

// --- Empty ---------------------------------------------------------------------------------------------------

TEST(ExcusePolicy, TakesAPartitionForEmptyAtOnceWhereItsEndIsOffsetZero) {
  ExcusePolicy policy(Streaming(), kStart);
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(0), kStart));
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(0), kStart);
  EXPECT_EQ(policy.excuse(), Excuse::kEmpty);
}

TEST(ExcusePolicy, TakesNobodyForEmptyBeforeTheFirstWordAboutItsEnd) {
  ExcusePolicy policy(Streaming(), kStart);
  PartitionFacts facts = CaughtUp(0);
  facts.known_end = Offset(-1);
  EXPECT_FALSE(policy.WantsEnd(facts, kStart));
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(1), kStart)) << "something was there once";
}

// --- max_hold ------------------------------------------------------------------------------------------------

TEST(ExcusePolicy, ExcusesByMaxHoldWhoHasHeldOneBoundaryForTooLong) {
  ExcusePolicy policy(WithMaxHold(), kStart);
  // Update() is called often: the last time that nobody waits is the beginning. From then on its records move the
  // watermark, but not to the next boundary.
  const int64_t held = kStart + 500;
  policy.Update(CaughtUp(), held);
  for (int64_t ms = 0; ms < kMaxHold; ms += 100) {
    policy.Update(Behind(), held + ms);
    policy.OnRecord(true, held + ms);
    EXPECT_FALSE(policy.WantsEnd(Behind(), held + ms)) << ms;
  }
  EXPECT_TRUE(policy.WantsEnd(Behind(), held + kMaxHold));
  policy.OnEndAnswer(EndAnswer::kMore, Behind(), held + kMaxHold);
  EXPECT_FALSE(policy.excused()) << "only who has caught up";
  policy.OnEndAnswer(EndAnswer::kAtEnd, Behind(), held + kMaxHold);
  EXPECT_EQ(policy.excuse(), Excuse::kMaxHold);
}

TEST(ExcusePolicy, BeginsMaxHoldAnewWithEachBoundaryAndEachExcuse) {
  ExcusePolicy policy(WithMaxHold(), kStart);
  policy.Update(Behind(5), kStart);
  policy.Update(Behind(6), kStart + kMaxHold - 1);
  EXPECT_FALSE(policy.WantsEnd(Behind(6), kStart + kMaxHold));
  policy.OnEndAnswer(EndAnswer::kAtEnd, Behind(6), kStart + 2 * kMaxHold);
  EXPECT_EQ(policy.excuse(), Excuse::kMaxHold);
  const int64_t record = kStart + 9 * kMaxHold;
  policy.Update(Behind(6), record - 1);
  policy.OnRecord(true, record);
  policy.Update(Behind(6), record);
  EXPECT_FALSE(policy.WantsEnd(Behind(6), record + kMaxHold - 2));
  EXPECT_TRUE(policy.WantsEnd(Behind(6), record + kMaxHold));
}

TEST(ExcusePolicy, ForgetsHowLongWasHeldOnceNobodyWaits) {
  ExcusePolicy policy(WithMaxHold(), kStart);
  policy.Update(Behind(5), kStart);
  policy.Update(CaughtUp(), kStart + kMaxHold - 1);
  policy.Update(Behind(5), kStart + kMaxHold);
  EXPECT_FALSE(policy.WantsEnd(Behind(5), kStart + kMaxHold));
}

TEST(ExcusePolicy, KnowsNoMaxHoldUnlessAskedFor) {
  ExcusePolicy policy(Streaming(), kStart);
  policy.Update(Behind(), kStart);
  policy.OnRecord(true, kStart + 100 * kIdle);
  policy.Update(Behind(), kStart + 100 * kIdle);
  EXPECT_FALSE(policy.WantsEnd(Behind(), kStart + 100 * kIdle));
}

// --- --until-end ---------------------------------------------------------------------------------------------

TEST(ExcusePolicy, UnderUntilEndExcusesForGoodWhoHasReadAllAndNobodyElse) {
  ExcusePolicy policy(UntilEnd(), kStart);
  PartitionFacts facts = CaughtUp();
  policy.Update(facts, kStart + 100 * kIdle);
  EXPECT_FALSE(policy.WantsEnd(facts, kStart + 100 * kIdle)) << "the end was fixed at the start: nobody is asked";
  policy.OnEndAnswer(EndAnswer::kAtEnd, facts, kStart + 100 * kIdle);
  EXPECT_FALSE(policy.excused());
  facts.read_to_until = true;
  policy.Update(facts, kStart);
  EXPECT_EQ(policy.excuse(), Excuse::kAtEnd);
  policy.OnRecord(true, kStart + 1);  // the last record, seen late
  policy.Update(facts, kStart + 2);
  EXPECT_EQ(policy.excuse(), Excuse::kAtEnd);
}

TEST(ExcusePolicy, UnderLeaveOpenExcusesOnlyWhereThereWasNothingToRead) {
  PartitionFacts facts = CaughtUp();
  facts.read_to_until = true;
  ExcusePolicy read(UntilEnd(true), kStart);
  read.Update(facts, kStart);
  EXPECT_FALSE(read.excused()) << "it holds the clock where its last frame stands";
  facts.began_empty = true;
  ExcusePolicy empty(UntilEnd(true), kStart);
  empty.Update(facts, kStart);
  EXPECT_EQ(empty.excuse(), Excuse::kEmpty);
}

}  // namespace
}  // namespace headcount
