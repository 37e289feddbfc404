// Where a start begins, for everything Kafka may hold.
#include "coordinator/writer/start_plan.h"

#include <gtest/gtest.h>

#include "common/judge/point_text.h"

namespace headcount {
namespace {

constexpr EventTime kNow{1'700'000'000};

CommitHeader Header() { return {RunId(0xabc), Sequence(7), WindowStart(1'699'999'980), 60}; }

SafePoint Safe(int64_t offset) {
  SafePoint safe;
  safe.point = {Offset(offset), false, EventTime(1'699'999'999), {}, {{Offset(offset - 3), 2}}};
  safe.moves = {{Offset(offset), Move::Kind::kExcuse, WindowStart(1'699'999'920), EventTime(5)},
                {Offset(offset + 9), Move::Kind::kPoison, {}, EventTime::Unset()}};
  return safe;
}

HeldByKafka Ours(int64_t offset, const CommitHeader& header = Header()) {
  return {Offset(offset), ToText(header, Safe(offset))};
}
HeldByKafka Bare(int64_t offset) { return {Offset(offset), ""}; }
HeldByKafka None() { return {}; }

StartFacts Facts(std::vector<HeldByKafka> committed) {
  StartFacts facts;
  for (size_t p = 0; p < committed.size(); ++p) facts.from.push_back(Offset(static_cast<int64_t>(1000 + p)));
  facts.committed = std::move(committed);
  facts.window_s = 60;
  facts.wall_clock = kNow;
  facts.group = "my-group";
  facts.input_topic = "my-input";
  facts.output_topic = "my-output";
  return facts;
}

StartPlan Planned(const StartFacts& facts) {
  const Result<StartPlan> plan = PlanStart(facts);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  return plan.ok() ? *plan : StartPlan{};
}

// The message of a refusal; every one is for a person and names the group.
std::string Refused(const StartFacts& facts) {
  const Result<StartPlan> plan = PlanStart(facts);
  EXPECT_FALSE(plan.ok());
  if (plan.ok()) return "";
  EXPECT_EQ(plan.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(plan.error().message.find("my-group"), std::string::npos) << plan.error().message;
  return plan.error().message;
}

#define EXPECT_SAYS(message, words) EXPECT_NE((message).find(words), std::string::npos) << (message)

constexpr const char* kReset = "--group my-group --topic my-input --reset-offsets";

// --- Starts that go ahead ------------------------------------------------------------------------------------

TEST(PlanStart, BeginsAtFromWhereNothingIsCommittedAndNothingPublished) {
  const StartPlan plan = Planned(Facts({None(), None()}));
  EXPECT_EQ(plan.kind, StartPlan::Kind::kFresh);
  EXPECT_FALSE(plan.closed_upto.is_set());
  ASSERT_EQ(plan.points.size(), 2U);
  for (size_t p = 0; p < 2; ++p) {
    const SafePoint fresh{{Offset(static_cast<int64_t>(1000 + p)), false, EventTime::Unset(), {}, {}}, {}};
    EXPECT_EQ(plan.points[p], fresh);
  }
}

TEST(PlanStart, GoesOnFromTheCommittedPointsWithTheirMovesAndHeldFrames) {
  StartFacts facts = Facts({Ours(50), Ours(60)});
  facts.from.clear();           // not asked for when everything is committed
  facts.newest_minute.reset();  // nor is the output looked at
  const StartPlan plan = Planned(facts);
  EXPECT_EQ(plan.kind, StartPlan::Kind::kContinued);
  EXPECT_EQ(plan.closed_upto, Header().closed_upto);
  EXPECT_EQ(plan.points, (std::vector<SafePoint>{Safe(50), Safe(60)}));
}

TEST(PlanStart, GoesOnWhereNothingWasClosedYet) {
  CommitHeader header = Header();
  header.closed_upto = WindowStart::Unset();
  const StartPlan plan = Planned(Facts({Ours(50, header), None()}));
  EXPECT_FALSE(plan.closed_upto.is_set());
  EXPECT_EQ(plan.points[1], SafePoint{}) << "a new partition needs no move where nothing is closed";
}

TEST(PlanStart, StartsPartitionsBeyondTheCommittedOnesAtTheirBeginningAndLaterThanWhatIsClosed) {
  const StartPlan plan = Planned(Facts({Ours(50), None(), None()}));
  ASSERT_EQ(plan.points.size(), 3U);
  const SafePoint expected{{}, {{Offset(0), Move::Kind::kExcuse, Header().closed_upto, kNow}}};
  EXPECT_EQ(plan.points[1], expected);
  EXPECT_EQ(plan.points[2], expected);
  EXPECT_EQ(expected, NewPartitionStart(Header().closed_upto, kNow));
}

TEST(PlanStart, TakesOffsetsResetByHandAndLeavesPublishedMinutesAsTheyAre) {
  StartFacts facts = Facts({Bare(5), Bare(0), None()});
  facts.newest_minute = WindowStart(1'699'999'800);
  const StartPlan plan = Planned(facts);
  EXPECT_EQ(plan.kind, StartPlan::Kind::kReset);
  EXPECT_EQ(plan.closed_upto, WindowStart(1'699'999'860)) << "the end of the newest minute";
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_EQ(plan.points[0], (SafePoint{{Offset(5), false, EventTime::Unset(), {}, {}}, {}}));
  EXPECT_EQ(plan.points[1], SafePoint{});
  EXPECT_EQ(plan.points[2], NewPartitionStart(plan.closed_upto, kNow));
}

TEST(PlanStart, TakesOffsetsResetByHandBeforeAnythingWasPublished) {
  const StartPlan plan = Planned(Facts({Bare(5), None()}));
  EXPECT_EQ(plan.kind, StartPlan::Kind::kReset);
  EXPECT_FALSE(plan.closed_upto.is_set());
  EXPECT_EQ(plan.points[1], SafePoint{});
}

// --- Refusals ------------------------------------------------------------------------------------------------

TEST(PlanStart, RefusesToBeginAnewWhereMinutesArePublishedAlready) {
  StartFacts facts = Facts({None(), None()});
  facts.newest_minute = WindowStart(1'699'999'800);
  const std::string message = Refused(facts);
  EXPECT_SAYS(message, "my-output holds minutes up to 1699999800");
  EXPECT_SAYS(message, kReset);
  EXPECT_SAYS(message, "--output-topic");
}

TEST(PlanStart, RefusesAMissingOffsetBelowCommittedOnes) {
  for (const auto& committed :
       std::vector<std::vector<HeldByKafka>>{{None(), Ours(5)}, {None(), Bare(5)}, {None(), None(), Ours(5)}}) {
    const std::string message = Refused(Facts(committed));
    EXPECT_SAYS(message, "partition 0 of my-input");
    EXPECT_SAYS(message, kReset);
  }
  EXPECT_SAYS(Refused(Facts({Ours(5), None(), Ours(5)})), "partition 1 of my-input");
  EXPECT_SAYS(Refused(Facts({Bare(5), None(), Bare(5), None()})), "partition 1 of my-input");
}

TEST(PlanStart, RefusesAMixOfOursAndOffsetsResetByHand) {
  for (const auto& committed : std::vector<std::vector<HeldByKafka>>{
           {Ours(5), Bare(6)}, {Ours(5), Bare(6), None()}, {Ours(5), Bare(6), Ours(7)}}) {
    const std::string message = Refused(Facts(committed));
    EXPECT_SAYS(message, "partition 1 of my-input");
    EXPECT_SAYS(message, kReset);
  }
  EXPECT_SAYS(Refused(Facts({Bare(6), Ours(5)})), "partition 0 of my-input");
}

TEST(PlanStart, RefusesPointsOfDifferentTransactions) {
  std::vector<CommitHeader> others(3, Header());
  others[0].run = RunId(0xdef);
  others[1].sequence = Sequence(8);
  others[2].closed_upto = WindowStart(1'699'999'920);
  for (const CommitHeader& other : others) {
    const std::string message = Refused(Facts({Ours(5), Ours(6, other)}));
    EXPECT_SAYS(message, "partition 1 of my-input");
    EXPECT_SAYS(message, "another transaction");
    EXPECT_SAYS(message, kReset);
  }
}

TEST(PlanStart, RefusesAnotherWindowLengthThanTheCommittedOne) {
  CommitHeader header = Header();
  header.window_s = 300;
  const std::string message = Refused(Facts({Ours(5, header), Ours(6, header)}));
  EXPECT_SAYS(message, "--window 300s");
  EXPECT_SAYS(message, "60s");
}

TEST(PlanStart, RefusesMetadataThatBelongsToAnotherOffset) {
  HeldByKafka moved = Ours(6);
  moved.offset = Offset(99);
  const std::string message = Refused(Facts({Ours(5), moved}));
  EXPECT_SAYS(message, "committed at 99");
  EXPECT_SAYS(message, "for 6");
  EXPECT_SAYS(message, kReset);
}

TEST(PlanStart, RefusesMetadataItCannotReadAndSaysWhatToType) {
  const std::string whole = Ours(6).metadata;
  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 1;
  std::string newer = whole;
  newer[0] = '9';
  for (const std::string& text : {flipped, newer, whole.substr(0, whole.size() - 1), std::string("somebody else's")}) {
    const std::string message = Refused(Facts({Ours(5), {Offset(6), text}}));
    EXPECT_SAYS(message, "partition 1 of my-input");
    EXPECT_SAYS(message, kReset);
  }
}

}  // namespace
}  // namespace headcount
