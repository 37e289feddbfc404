// When a partition does not hold the clock, moment by moment. Time and answers are made up.
#include "worker/idleness_policy.h"

#include <gtest/gtest.h>

#include "common/base/limits.h"

namespace headcount {
namespace {

using shm::IdleReason;

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
  facts.own_frontier = facts.frontier_of_others = Boundary(5);
  return facts;
}

PartitionFacts Behind(int64_t own = 5, int64_t others = 7) {
  PartitionFacts facts = CaughtUp();
  facts.own_frontier = Boundary(own);
  facts.frontier_of_others = Boundary(others);
  return facts;
}

// A silent partition, excused at the moment returned.
int64_t MakeSilent(IdlenessPolicy* policy) {
  const int64_t now = kStart + kIdle;
  policy->OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), now);
  EXPECT_EQ(policy->idle_reason(), IdleReason::kSilent);
  return now;
}

// --- A leader that is away, and a job that wakes -----------------------------------------------------------------

constexpr int64_t kReturn = limits::kProducersReturnMs;
static_assert(kReturn > kIdle);

// Whether an answer of the leader makes it silent at that moment.
bool BecomesSilent(IdlenessPolicy policy, int64_t now) {
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), now);
  return policy.idle_reason() == IdleReason::kSilent;
}

TEST(IdlenessPolicy, TakesNobodyForSilentWhileItsLeaderIsAwayNorUntilItsProducersHaveHadTimeToComeBack) {
  IdlenessPolicy policy(Streaming(), kStart);
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

TEST(IdlenessPolicy, HoldsAgainWhereTheLeaderOfASilentPartitionGoesAwayOrIsAnotherOne) {
  IdlenessPolicy policy(Streaming(), kStart);
  const int64_t silent = MakeSilent(&policy);
  policy.OnContact({false, 1}, silent + 1'000);
  EXPECT_FALSE(policy.idle());
  policy.OnContact({true, 1}, silent + 2'000);
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), silent + 2'000 + kReturn);
  ASSERT_TRUE(policy.idle());
  // Lost and there again between two looks.
  policy.OnContact({true, 2}, silent + 30'000);
  EXPECT_FALSE(policy.idle());
  EXPECT_FALSE(BecomesSilent(policy, silent + 30'000 + kReturn - 1));
  EXPECT_TRUE(BecomesSilent(policy, silent + 30'000 + kReturn));
}

TEST(IdlenessPolicy, GivesProducersTheIdleTimeoutWhereThatIsLonger) {
  RunOptions options = Streaming();
  options.idle_timeout_ms = 2 * kReturn;
  IdlenessPolicy policy(options, kStart);
  policy.OnContact({false, 1}, kStart + 90'000);
  policy.OnContact({true, 1}, kStart + 100'000);
  EXPECT_FALSE(BecomesSilent(policy, kStart + 100'000 + 2 * kReturn - 1));
  EXPECT_TRUE(BecomesSilent(policy, kStart + 100'000 + 2 * kReturn));
}

TEST(IdlenessPolicy, ChangesNothingWhileTheLeaderAnswers) {
  IdlenessPolicy policy(Streaming(), kStart);
  for (int64_t ms = 0; ms < kIdle; ms += 1'000) policy.OnContact({true, 0}, kStart + ms);
  EXPECT_TRUE(BecomesSilent(policy, kStart + kIdle));
}

TEST(IdlenessPolicy, HoldsForAWholeIdleTimeoutOnceTheJobIsWoken) {
  IdlenessPolicy policy(Streaming(), kStart);
  MakeSilent(&policy);
  const int64_t woken = kStart + 3'600'000;
  policy.OnJobWoken(woken);
  EXPECT_FALSE(policy.idle());
  EXPECT_EQ(policy.hold_reason(woken), shm::HoldReason::kJobWoken);
  policy.OnRecord(false, woken + 1);
  EXPECT_FALSE(BecomesSilent(policy, woken + kIdle - 1)) << "a record that moves no clock ends no wait";
  EXPECT_TRUE(BecomesSilent(policy, woken + kIdle));
}

TEST(IdlenessPolicy, HoldsThoughItIsEmptyOnceTheJobIsWoken) {
  PartitionFacts empty = CaughtUp(0);
  IdlenessPolicy policy(Streaming(), kStart);
  policy.OnEndAnswer(EndAnswer::kAtEnd, empty, kStart);
  ASSERT_EQ(policy.idle_reason(), IdleReason::kEmpty);
  policy.OnJobWoken(kStart + 14'000);
  EXPECT_FALSE(policy.idle());
  policy.OnEndAnswer(EndAnswer::kAtEnd, empty, kStart + 14'000 + kIdle - 1);
  EXPECT_FALSE(policy.idle());
  policy.OnEndAnswer(EndAnswer::kAtEnd, empty, kStart + 14'000 + kIdle);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kEmpty);
}

TEST(IdlenessPolicy, UnderUntilEndNeitherALostLeaderNorAWakeBringsBackAPartitionThatIsRead) {
  IdlenessPolicy policy(UntilEnd(), kStart);
  PartitionFacts facts = CaughtUp();
  facts.reached_stop_offset = true;
  policy.Update(facts, kStart);
  ASSERT_EQ(policy.idle_reason(), IdleReason::kAtEnd);
  policy.OnContact({false, 1}, kStart + 1);
  policy.OnJobWoken(kStart + 2);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kAtEnd);
}

// --- Silent --------------------------------------------------------------------------------------------------

TEST(IdlenessPolicy, TakesNobodyForSilentBeforeTheIdleTimeout) {
  IdlenessPolicy policy(Streaming(), kStart);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), kStart + kIdle - 1));
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), kStart + kIdle - 1);
  EXPECT_FALSE(policy.idle()) << "an answer that comes too early proves nothing";
  EXPECT_TRUE(IdlenessPolicy(Streaming(), kStart).WantsEnd(CaughtUp(), kStart + kIdle));
}

TEST(IdlenessPolicy, CountsTheIdleTimeoutFromTheLastRecordThatMovedTheWatermark) {
  IdlenessPolicy policy(Streaming(), kStart);
  policy.OnRecord(true, kStart + 4'000);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), kStart + 4'000 + kIdle - 1));
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), kStart + 4'000 + kIdle));
}

TEST(IdlenessPolicy, TakesAPartitionForSilentThoughRecordsComeThatDoNotMoveItsWatermark) {
  IdlenessPolicy policy(Streaming(), kStart);
  for (int64_t ms = 0; ms < kIdle; ms += 100) policy.OnRecord(false, kStart + ms);
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), kStart + kIdle));
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(), kStart + kIdle);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kSilent);
}

TEST(IdlenessPolicy, ExcusesNobodyWithoutAnAnswerOfTheLeader) {
  IdlenessPolicy policy(Streaming(), kStart);
  policy.Update(CaughtUp(), kStart + 100 * kIdle);
  EXPECT_FALSE(policy.idle());
  policy.OnEndAnswer(EndAnswer::kUnanswered, CaughtUp(), kStart + 100 * kIdle);
  EXPECT_FALSE(policy.idle()) << "a question without an answer is not silence";
  policy.OnEndAnswer(EndAnswer::kMore, CaughtUp(), kStart + 101 * kIdle);
  EXPECT_FALSE(policy.idle());
}

TEST(IdlenessPolicy, AsksNobodyWhereMoreIsKnownToBeThere) {
  IdlenessPolicy policy(Streaming(), kStart);
  PartitionFacts facts = CaughtUp();
  facts.known_end = Offset(facts.position.value() + 1);
  EXPECT_FALSE(policy.WantsEnd(facts, kStart + kIdle));
  policy.OnEndAnswer(EndAnswer::kAtEnd, facts, kStart + kIdle);
  EXPECT_FALSE(policy.idle());
}

TEST(IdlenessPolicy, EndsAnExcuseWithTheNextRecordWhateverItSays) {
  for (const bool moved : {false, true}) {
    IdlenessPolicy policy(Streaming(), kStart);
    const int64_t now = MakeSilent(&policy);
    policy.OnRecord(moved, now + 1);
    EXPECT_FALSE(policy.idle());
    // A record that moves nothing leaves the partition as silent as it was: one more answer excuses it.
    EXPECT_EQ(policy.WantsEnd(CaughtUp(), now + limits::kAskEndPauseMs), !moved);
  }
}

TEST(IdlenessPolicy, KeepsAnExcuseUntilThenWithoutAskingAgain) {
  IdlenessPolicy policy(Streaming(), kStart);
  int64_t now = MakeSilent(&policy);
  for (int i = 0; i < 100; ++i) {
    policy.Update(Behind(), now += 1'000);
    EXPECT_FALSE(policy.WantsEnd(CaughtUp(), now));
    EXPECT_EQ(policy.idle_reason(), IdleReason::kSilent);
  }
}

TEST(IdlenessPolicy, StaysExcusedWhereAnEarlierLifeWasUntilTheNextRecord) {
  IdlenessPolicy policy(Streaming(), kStart);
  policy.StayIdle();
  EXPECT_EQ(policy.idle_reason(), IdleReason::kSilent);
  policy.OnRecord(false, kStart);
  EXPECT_FALSE(policy.idle());
}

// --- Questions are rare --------------------------------------------------------------------------------------

TEST(IdlenessPolicy, WaitsBetweenQuestionsAndLongerWhereNobodyAnswered) {
  IdlenessPolicy policy(Streaming(), kStart);
  int64_t now = kStart + kIdle;
  policy.OnEndAnswer(EndAnswer::kMore, CaughtUp(), now);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), now + limits::kAskEndPauseMs - 1));
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), now += limits::kAskEndPauseMs));
  policy.OnEndAnswer(EndAnswer::kUnanswered, CaughtUp(), now);
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(), now + limits::kUnansweredPauseMs - 1));
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(), now + limits::kUnansweredPauseMs));
}

// --- Empty ---------------------------------------------------------------------------------------------------

TEST(IdlenessPolicy, TakesAPartitionForEmptyAtOnceWhereItsEndIsOffsetZero) {
  IdlenessPolicy policy(Streaming(), kStart);
  EXPECT_TRUE(policy.WantsEnd(CaughtUp(0), kStart));
  policy.OnEndAnswer(EndAnswer::kAtEnd, CaughtUp(0), kStart);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kEmpty);
}

TEST(IdlenessPolicy, TakesNobodyForEmptyBeforeTheFirstWordAboutItsEnd) {
  IdlenessPolicy policy(Streaming(), kStart);
  PartitionFacts facts = CaughtUp(0);
  facts.known_end = Offset(-1);
  EXPECT_FALSE(policy.WantsEnd(facts, kStart));
  EXPECT_FALSE(policy.WantsEnd(CaughtUp(1), kStart)) << "something was there once";
}

// --- max_hold ------------------------------------------------------------------------------------------------

TEST(IdlenessPolicy, ExcusesByMaxHoldWhoHasHeldOneBoundaryForTooLong) {
  IdlenessPolicy policy(WithMaxHold(), kStart);
  // Update() is called often: the last time that nobody waits is the beginning. From then on its records move the
  // watermark, but not to the next boundary.
  const int64_t unconfirmed = kStart + 500;
  policy.Update(CaughtUp(), unconfirmed);
  for (int64_t ms = 0; ms < kMaxHold; ms += 100) {
    policy.Update(Behind(), unconfirmed + ms);
    policy.OnRecord(true, unconfirmed + ms);
    EXPECT_FALSE(policy.WantsEnd(Behind(), unconfirmed + ms)) << ms;
  }
  EXPECT_TRUE(policy.WantsEnd(Behind(), unconfirmed + kMaxHold));
  policy.OnEndAnswer(EndAnswer::kMore, Behind(), unconfirmed + kMaxHold);
  EXPECT_FALSE(policy.idle()) << "only who has caught up";
  policy.OnEndAnswer(EndAnswer::kAtEnd, Behind(), unconfirmed + kMaxHold);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kMaxHold);
}

TEST(IdlenessPolicy, BeginsMaxHoldAnewWithEachBoundaryAndEachExcuse) {
  IdlenessPolicy policy(WithMaxHold(), kStart);
  policy.Update(Behind(5), kStart);
  policy.Update(Behind(6), kStart + kMaxHold - 1);
  EXPECT_FALSE(policy.WantsEnd(Behind(6), kStart + kMaxHold));
  policy.OnEndAnswer(EndAnswer::kAtEnd, Behind(6), kStart + 2 * kMaxHold);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kMaxHold);
  const int64_t record = kStart + 9 * kMaxHold;
  policy.Update(Behind(6), record - 1);
  policy.OnRecord(true, record);
  policy.Update(Behind(6), record);
  EXPECT_FALSE(policy.WantsEnd(Behind(6), record + kMaxHold - 2));
  EXPECT_TRUE(policy.WantsEnd(Behind(6), record + kMaxHold));
}

TEST(IdlenessPolicy, ForgetsHowLongWasHeldOnceNobodyWaits) {
  IdlenessPolicy policy(WithMaxHold(), kStart);
  policy.Update(Behind(5), kStart);
  policy.Update(CaughtUp(), kStart + kMaxHold - 1);
  policy.Update(Behind(5), kStart + kMaxHold);
  EXPECT_FALSE(policy.WantsEnd(Behind(5), kStart + kMaxHold));
}

TEST(IdlenessPolicy, KnowsNoMaxHoldUnlessAskedFor) {
  IdlenessPolicy policy(Streaming(), kStart);
  policy.Update(Behind(), kStart);
  policy.OnRecord(true, kStart + 100 * kIdle);
  policy.Update(Behind(), kStart + 100 * kIdle);
  EXPECT_FALSE(policy.WantsEnd(Behind(), kStart + 100 * kIdle));
}

// --- --until-end ---------------------------------------------------------------------------------------------

TEST(IdlenessPolicy, UnderUntilEndExcusesForGoodWhoHasReadAllAndNobodyElse) {
  IdlenessPolicy policy(UntilEnd(), kStart);
  PartitionFacts facts = CaughtUp();
  policy.Update(facts, kStart + 100 * kIdle);
  EXPECT_FALSE(policy.WantsEnd(facts, kStart + 100 * kIdle)) << "the end was fixed at the start: nobody is asked";
  policy.OnEndAnswer(EndAnswer::kAtEnd, facts, kStart + 100 * kIdle);
  EXPECT_FALSE(policy.idle());
  facts.reached_stop_offset = true;
  policy.Update(facts, kStart);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kAtEnd);
  policy.OnRecord(true, kStart + 1);  // the last record, seen late
  policy.Update(facts, kStart + 2);
  EXPECT_EQ(policy.idle_reason(), IdleReason::kAtEnd);
}

TEST(IdlenessPolicy, UnderLeaveOpenExcusesOnlyWhereThereWasNothingToRead) {
  PartitionFacts facts = CaughtUp();
  facts.reached_stop_offset = true;
  IdlenessPolicy read(UntilEnd(true), kStart);
  read.Update(facts, kStart);
  EXPECT_FALSE(read.idle()) << "it holds the clock where its last frame stands";
  facts.began_empty = true;
  IdlenessPolicy empty(UntilEnd(true), kStart);
  empty.Update(facts, kStart);
  EXPECT_EQ(empty.idle_reason(), IdleReason::kEmpty);
}

}  // namespace
}  // namespace headcount
