// Where a start begins, for everything Kafka may hold.
#include "coordinator/writer/start_plan.h"

#include <gtest/gtest.h>

#include "common/base/limits.h"
#include "common/judge/commit_metadata.h"
#include "tests/unit/version_1_texts.h"

namespace headcount {
namespace {

constexpr EventTime kNow{1'700'000'000};

constexpr CountingRule kRule{60, 5, 5};
constexpr SelectionHash kSelection{0xcafe};
constexpr WindowStart kClosed{1'699'999'980};

CommitHeader Header() { return {RunId(0xabc), Sequence(7), kClosed, 60, kSelection}; }

WatermarkRules Rules(int64_t lateness_s, int64_t max_jump_s) { return {{lateness_s, max_jump_s}, {}, {}}; }

SafePoint Safe(int64_t offset) {
  SafePoint safe;
  safe.state = {Offset(offset), false, EventTime(1'699'999'999), {}, {{Offset(offset - 3), 2}}, Rules(5, 5)};
  safe.decisions = {{Offset(offset), Decision::Kind::kIdle, WindowStart(1'699'999'920), EventTime(5)},
                    {Offset(offset + 9), Decision::Kind::kPoison, {}, EventTime::Unset()}};
  return safe;
}

OffsetsInKafka Ours(int64_t offset, const CommitHeader& header = Header()) {
  return {Offset(offset), ToText(header, Safe(offset))};
}
OffsetsInKafka Ours(const SafePoint& safe, const CommitHeader& header = Header()) {
  return {safe.state.offset, ToText(header, safe)};
}
// Nothing is known before it.
SafePoint From(int64_t offset) { return {{Offset(offset), false, EventTime::Unset(), {}, {}, Rules(5, 5)}, {}}; }
OffsetsInKafka Bare(int64_t offset) { return {Offset(offset), ""}; }
OffsetsInKafka None() { return {}; }

StartFacts Facts(std::vector<OffsetsInKafka> committed) {
  StartFacts facts;
  for (size_t p = 0; p < committed.size(); ++p) facts.from.push_back(Offset(static_cast<int64_t>(1000 + p)));
  facts.committed = std::move(committed);
  facts.rule = kRule;
  facts.selection = kSelection;
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
  EXPECT_FALSE(plan.closed_frontier.is_set());
  ASSERT_EQ(plan.points.size(), 2U);
  for (size_t p = 0; p < 2; ++p) {
    EXPECT_EQ(plan.points[p], From(static_cast<int64_t>(1000 + p)));
  }
}

TEST(PlanStart, GoesOnFromTheCommittedPointsWithTheirMovesAndHeldFrames) {
  StartFacts facts = Facts({Ours(50), Ours(60)});
  facts.from.clear();           // not asked for when everything is committed
  facts.newest_minute.reset();  // nor is the output looked at
  const StartPlan plan = Planned(facts);
  EXPECT_EQ(plan.kind, StartPlan::Kind::kContinued);
  EXPECT_EQ(plan.closed_frontier, Header().closed_frontier);
  EXPECT_EQ(plan.points, (std::vector<SafePoint>{Safe(50), Safe(60)}));
}

TEST(PlanStart, GoesOnWhereNothingWasClosedYet) {
  CommitHeader header = Header();
  header.closed_frontier = WindowStart::Unset();
  const StartPlan plan = Planned(Facts({Ours(50, header), None()}));
  EXPECT_FALSE(plan.closed_frontier.is_set());
  EXPECT_EQ(plan.points[1], From(0)) << "a new partition needs no move where nothing is closed";
}

TEST(PlanStart, StartsPartitionsBeyondTheCommittedOnesAtTheirBeginningAndLaterThanWhatIsClosed) {
  const StartPlan plan = Planned(Facts({Ours(50), None(), None()}));
  ASSERT_EQ(plan.points.size(), 3U);
  const SafePoint expected{From(0).state, {{Offset(0), Decision::Kind::kIdle, Header().closed_frontier, kNow}}};
  EXPECT_EQ(plan.points[1], expected);
  EXPECT_EQ(plan.points[2], expected);
  EXPECT_EQ(expected, NewPartitionStart(Header().closed_frontier, kNow, kRule));
}

TEST(PlanStart, TakesOffsetsResetByHandAndLeavesPublishedMinutesAsTheyAre) {
  StartFacts facts = Facts({Bare(5), Bare(0), None()});
  facts.newest_minute = WindowStart(1'699'999'800);
  const StartPlan plan = Planned(facts);
  EXPECT_EQ(plan.kind, StartPlan::Kind::kReset);
  EXPECT_EQ(plan.closed_frontier, WindowStart(1'699'999'860)) << "the end of the newest minute";
  ASSERT_EQ(plan.points.size(), 3U);
  EXPECT_EQ(plan.points[0], From(5));
  EXPECT_EQ(plan.points[1], From(0));
  EXPECT_EQ(plan.points[2], NewPartitionStart(plan.closed_frontier, kNow, kRule));
}

TEST(PlanStart, TakesOffsetsResetByHandBeforeAnythingWasPublished) {
  const StartPlan plan = Planned(Facts({Bare(5), None()}));
  EXPECT_EQ(plan.kind, StartPlan::Kind::kReset);
  EXPECT_FALSE(plan.closed_frontier.is_set());
  EXPECT_EQ(plan.points[1], From(0));
}

// --- Another lateness or jump --------------------------------------------------------------------------------

StartFacts WithRule(StartFacts facts, int64_t lateness_s, int64_t max_jump_s) {
  facts.rule.lateness_s = lateness_s;
  facts.rule.max_jump_s = max_jump_s;
  return facts;
}

// As the partition stands where it has passed everything that is published, or not yet.
SafePoint Behind(int64_t offset, const WatermarkRules& rules = Rules(5, 5)) {
  return {{Offset(offset), false, kClosed.time().plus(5), {}, {}, rules}, {}};
}
SafePoint Before(int64_t offset, const WatermarkRules& rules = Rules(5, 5)) {
  return {{Offset(offset), false, kClosed.time().plus(4), {}, {}, rules}, {}};
}

TEST(PlanStart, WithTheSameRuleAsBeforeChangesNothing) {
  const StartPlan plan = Planned(Facts({Ours(Behind(50)), Ours(Before(60))}));
  EXPECT_EQ(plan.points, (std::vector<SafePoint>{Behind(50), Before(60)}));
  EXPECT_FALSE(plan.rule_before);
}

TEST(PlanStart, JudgesByAnotherRuleWhereThePartitionHasPassedWhatIsPublished) {
  for (const WatermarkRule other : {WatermarkRule{30, 5}, WatermarkRule{2, 1}, WatermarkRule{5, 3}}) {
    const StartPlan plan =
        Planned(WithRule(Facts({Ours(Behind(50)), Ours(Before(60)), None()}), other.lateness_s, other.max_jump_s));
    EXPECT_EQ(plan.rule_before, (WatermarkRule{5, 5}));
    EXPECT_EQ(plan.points[0].state.rules, (WatermarkRules{other, kClosed, {}})) << "it has passed it already";
    EXPECT_EQ(plan.points[1].state.rules, (WatermarkRules{{5, 5}, {}, {{kClosed, other}}})) << "it is still to pass it";
    EXPECT_EQ(plan.points[2].state.rules, (WatermarkRules{other, {}, {}})) << "a new partition knows no other";
  }
}

TEST(PlanStart, JudgesByAnotherRuleAtOnceWhereNothingIsPublished) {
  CommitHeader header = Header();
  header.closed_frontier = WindowStart::Unset();
  const StartPlan plan = Planned(WithRule(Facts({Ours(Before(50), header), Ours(From(0), header)}), 30, 5));
  for (const SafePoint& safe : plan.points) EXPECT_EQ(safe.state.rules, Rules(30, 5));
  EXPECT_TRUE(plan.rule_before);
}

TEST(PlanStart, ForgetsARuleThatHasJudgedNothingThatIsPublished) {
  const WatermarkRules waits{{5, 5}, {}, {{kClosed, {30, 5}}}};
  const auto planned = [&waits](int64_t lateness_s, int64_t max_jump_s) {
    return Planned(WithRule(Facts({Ours(Before(50, waits))}), lateness_s, max_jump_s));
  };
  EXPECT_EQ(planned(30, 5).points[0].state.rules, waits);
  EXPECT_FALSE(planned(30, 5).rule_before);
  EXPECT_EQ(planned(90, 5).points[0].state.rules, (WatermarkRules{{5, 5}, {}, {{kClosed, {90, 5}}}}));
  EXPECT_EQ(planned(90, 5).rule_before, (WatermarkRule{30, 5})) << "that of the last start";
  EXPECT_EQ(planned(5, 5).points[0].state.rules, Rules(5, 5)) << "back again";
  EXPECT_EQ(planned(5, 5).rule_before, (WatermarkRule{30, 5}));
}

TEST(PlanStart, KeepsEveryRuleThatHasPublishedSomethingUpToABound) {
  WatermarkRules rules = Rules(4000, 5);
  for (size_t n = limits::kMaxRuleChanges; n > 0; --n) {
    rules.to_come.push_back({WindowStart(kClosed.seconds() - 60 * static_cast<int64_t>(n)), {4000, 5}});
    rules.to_come.back().rule.lateness_s += static_cast<int64_t>(n);
  }
  WatermarkRules fewer = rules;
  fewer.to_come.erase(fewer.to_come.begin());
  const StartPlan plan = Planned(WithRule(Facts({Ours(Before(50, fewer))}), 70, 5));
  EXPECT_EQ(plan.points[0].state.rules.to_come.size(), limits::kMaxRuleChanges);
  EXPECT_EQ(plan.points[0].state.rules.to_come.back(), (RuleChange{kClosed, {70, 5}}));
  const std::string message = Refused(WithRule(Facts({Ours(Before(50, rules))}), 70, 5));
  EXPECT_SAYS(message, "--allowed-lateness 4001s --max-jump 5s");
  EXPECT_SAYS(message, "partition 0 of my-input");
  EXPECT_SAYS(message, "another --group and --output-topic");
  // That of the last start is always taken.
  Planned(WithRule(Facts({Ours(Before(50, rules))}), 4001, 5));
}

// Each change that waits may divide an excuse in two, for which the text must have room.
TEST(PlanStart, RefusesAnotherRuleWhereTheMovesLeaveNoRoomForIt) {
  SafePoint full = Before(50);
  full.decisions.assign(limits::kMaxDecisions + limits::kMaxRuleChanges - 1,
                        {Offset(60), Decision::Kind::kIdle, {}, kNow});
  Planned(WithRule(Facts({Ours(full)}), 30, 5));
  full.decisions.push_back(full.decisions.back());
  EXPECT_SAYS(Refused(WithRule(Facts({Ours(full)}), 30, 5)), "--allowed-lateness 5s --max-jump 5s");
  Planned(Facts({Ours(full)}));
}

TEST(PlanStart, TakesItsOwnRuleWhereVersion1DoesNotSayOne) {
  for (const Version1Text& old : kVersion1Texts) {
    StartFacts facts = WithRule(Facts({{Offset(old.offset), std::string(old.text)}}), 30, 7);
    facts.rule.window_s = old.text.find(";2s0;") != std::string_view::npos  ? 3600
                          : old.text.find(";go;") != std::string_view::npos ? 600
                                                                            : 60;
    facts.selection = SelectionHash(0xbeef);
    const StartPlan plan = Planned(facts);
    EXPECT_EQ(plan.points[0].state.rules, Rules(30, 7)) << old.left_by;
    EXPECT_FALSE(plan.rule_before);
    EXPECT_FALSE(plan.selection_changed);
  }
}

// --- Another time or id field --------------------------------------------------------------------------------

StartFacts WithOtherFields(StartFacts facts) {
  facts.selection = SelectionHash(0xbeef);
  return facts;
}

TEST(PlanStart, TakesOtherFieldsWhereNoFrameOfAPublishedMinuteIsReadAgain) {
  SafePoint idle_there = From(0);  // added to the topic, and nothing of it judged yet
  idle_there.decisions = {{Offset(0), Decision::Kind::kIdle, kClosed, kNow}};
  const StartPlan plan = Planned(WithOtherFields(Facts({Ours(Behind(50)), Ours(idle_there), None()})));
  EXPECT_TRUE(plan.selection_changed);
  EXPECT_FALSE(Planned(Facts({Ours(Behind(50))})).selection_changed);
  CommitHeader header = Header();
  header.closed_frontier = WindowStart::Unset();
  EXPECT_TRUE(Planned(WithOtherFields(Facts({Ours(Before(50), header)}))).selection_changed) << "nothing is published";
}

TEST(PlanStart, RefusesOtherFieldsWhereFramesOfPublishedMinutesWouldBeReadAgain) {
  SafePoint holding = Behind(60);
  holding.state.unconfirmed = {{Offset(55), 3}};
  for (const SafePoint& second : {Before(60), holding}) {
    const std::string message = Refused(WithOtherFields(Facts({Ours(Behind(50)), Ours(second)})));
    EXPECT_SAYS(message, "partition 1 of my-input");
    EXPECT_SAYS(message, "another --time-field or --id-field");
    EXPECT_SAYS(message, "0000cafe");
    EXPECT_SAYS(message, "--until-end --publish-open");
    EXPECT_SAYS(message, "another --group and --output-topic");
  }
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
       std::vector<std::vector<OffsetsInKafka>>{{None(), Ours(5)}, {None(), Bare(5)}, {None(), None(), Ours(5)}}) {
    const std::string message = Refused(Facts(committed));
    EXPECT_SAYS(message, "partition 0 of my-input");
    EXPECT_SAYS(message, kReset);
  }
  EXPECT_SAYS(Refused(Facts({Ours(5), None(), Ours(5)})), "partition 1 of my-input");
  EXPECT_SAYS(Refused(Facts({Bare(5), None(), Bare(5), None()})), "partition 1 of my-input");
}

TEST(PlanStart, RefusesAMixOfOursAndOffsetsResetByHand) {
  for (const auto& committed : std::vector<std::vector<OffsetsInKafka>>{
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
  others[2].closed_frontier = WindowStart(1'699'999'920);
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
  OffsetsInKafka moved = Ours(6);
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
