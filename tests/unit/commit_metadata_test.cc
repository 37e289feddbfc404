// A safe point survives the way through Kafka's metadata unchanged, or is refused.
#include "common/judge/commit_metadata.h"

#include <gtest/gtest.h>

#include <random>

#include "common/base/limits.h"
#include "tests/unit/version_1_texts.h"

namespace headcount {
namespace {

constexpr int64_t kTimeEnd = 100'000'000'000;  // of frames, in seconds

CommitHeader Header() {
  return {RunId(0xfeedfacecafebeef), Sequence(71), WindowStart(1468244400), 60, SelectionHash(0x0badcafe)};
}

std::string WithItsChecksum(std::string text) {
  text.resize(text.rfind(';') + 1);
  return text + Name(HashOf(text));  // both are XXH32
}

SafePoint RandomSafePoint(std::mt19937_64* rng, size_t unconfirmed, size_t decisions) {
  auto below = [rng](int64_t bound) { return static_cast<int64_t>((*rng)() % static_cast<uint64_t>(bound)); };
  SafePoint safe;
  safe.state.offset = Offset(100'000 + below(1'000'000));
  safe.state.idle_here = below(2) == 1;
  if (below(4) > 0) safe.state.watermark = EventTime(below(kTimeEnd));
  if (below(8) > 0) safe.state.rules.now = {below(400), 0};
  if (safe.state.rules.now.is_set()) {
    safe.state.rules.now.max_jump_s = below(safe.state.rules.now.lateness_s + 1);
    if (below(3) == 0) safe.state.rules.late_before = WindowStart(below(kTimeEnd));
    int64_t from = below(1000);
    for (int64_t n = below(1 + static_cast<int64_t>(limits::kMaxRuleChanges)); n > 0; --n, from += 60 + below(1000)) {
      safe.state.rules.to_come.push_back({WindowStart(from), {5 + below(limits::kMaxDurationS - 5), below(6)}});
    }
  }
  if (below(2) > 0) {
    safe.state.unattributed.future = static_cast<uint64_t>(below(1000));
    for (auto& count : safe.state.unattributed.invalid_by_reason) count = static_cast<uint64_t>(below(1000));
  }
  int64_t at = below(90'000);
  for (size_t i = 0; i < unconfirmed; ++i, at += 1 + below(99)) {
    safe.state.unconfirmed.push_back({Offset(at), static_cast<int32_t>(below(273) - 256)});
  }
  at = safe.state.offset.value();
  size_t poisoned = 0;
  for (size_t i = 0; i < decisions; ++i, at += below(1000)) {
    const bool poison = below(3) == 0 && poisoned++ < limits::kMaxPoisonDecisions;
    Decision decision{Offset(at), poison ? Decision::Kind::kPoison : Decision::Kind::kIdle, {}, {}};
    if (decision.kind == Decision::Kind::kIdle) {
      if (below(3) > 0) decision.passed_frontier = WindowStart(below(kTimeEnd));
      decision.wall_clock = EventTime(below(4'000'000'000));
    }
    safe.decisions.push_back(decision);
  }
  return safe;
}

TEST(CommitMetadataText, GivesBackEveryStateItWasMadeFrom) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 rng(seed);
  for (int i = 0; i < 2000; ++i) {
    const SafePoint safe =
        RandomSafePoint(&rng, rng() % (limits::kUnconfirmedFrames + 1), rng() % (limits::kMaxDecisions + 1));
    CommitHeader header = Header();
    if (i % 3 == 0) header.closed_frontier = WindowStart::Unset();
    if (i % 5 == 0) header.selection.reset();
    const Result<CommitMetadata> read = ParseCommitMetadata(ToText(header, safe));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(read->header == header);
    ASSERT_TRUE(read->safe == safe);
  }
}

// Offsets as large as they go, and as far apart as they can all be at once.
TEST(CommitMetadataText, OfTheWorstStateFitsIntoTheMetadata) {
  constexpr int64_t kApart = INT64_MAX / 2 / 150;
  SafePoint safe;
  safe.state.offset = Offset(INT64_MAX / 2);
  safe.state.watermark = EventTime(kTimeEnd - 1);
  safe.state.unattributed.future = INT64_MAX;
  safe.state.unattributed.invalid_by_reason.fill(INT64_MAX);
  safe.state.rules.now = {limits::kMaxDurationS, limits::kMaxDurationS};
  safe.state.rules.late_before = WindowStart(kTimeEnd - 1);
  for (size_t i = 0; i < limits::kMaxRuleChanges; ++i) {
    safe.state.rules.to_come.push_back(
        {WindowStart(kTimeEnd + static_cast<int64_t>(i)), {limits::kMaxDurationS, limits::kMaxDurationS}});
  }
  for (size_t i = limits::kUnconfirmedFrames; i > 0; --i) {
    safe.state.unconfirmed.push_back({Offset(INT64_MAX / 2 - static_cast<int64_t>(i) * kApart), -256});
  }
  for (size_t i = 0; i < limits::kMaxDecisions + limits::kMaxRuleChanges + limits::kMaxPoisonDecisions; ++i) {
    const Offset offset(INT64_MAX / 2 + static_cast<int64_t>(i) * kApart * 4);
    if (i % 7 == 0) {
      safe.decisions.push_back({offset, Decision::Kind::kPoison, {}, {}});
    } else {
      safe.decisions.push_back({offset, Decision::Kind::kIdle, WindowStart(kTimeEnd - 1), EventTime(kTimeEnd - 1)});
    }
  }
  CommitHeader header{RunId(UINT64_MAX), Sequence(UINT64_MAX), WindowStart(kTimeEnd), limits::kMaxDurationS,
                      SelectionHash(UINT32_MAX)};
  const std::string text = ToText(header, safe);
  EXPECT_LE(text.size(), limits::kMaxMetadataBytes);
  EXPECT_GT(text.size(), limits::kMaxMetadataBytes * 9 / 10) << "not the worst state";
  const Result<CommitMetadata> read = ParseCommitMetadata(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->safe == safe);
}

TEST(CommitMetadataText, IsRefusedWhenAnyByteIsChangedMissingOrAdded) {
  std::mt19937_64 rng(1);
  const std::string text = ToText(Header(), RandomSafePoint(&rng, 3, 2));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(ParseCommitMetadata(flipped).ok()) << flipped;
    EXPECT_FALSE(ParseCommitMetadata(text.substr(0, i)).ok()) << i;
    std::string longer = text;
    longer.insert(i, 1, '0');
    EXPECT_FALSE(ParseCommitMetadata(longer).ok()) << longer;
  }
  EXPECT_FALSE(ParseCommitMetadata("").ok());
  EXPECT_FALSE(ParseCommitMetadata(text + ";").ok());
}

// The checksum fits, but no judge was ever in such a state: to start from it would break what the judge relies on.
TEST(CommitMetadataText, IsRefusedWhereNoJudgeCanHaveComeToItsState) {
  const auto refused = [](const SafePoint& safe) { return !ParseCommitMetadata(ToText(Header(), safe)).ok(); };
  SafePoint safe;
  safe.state.offset = Offset(1000);
  safe.state.unconfirmed = {{Offset(900), static_cast<int32_t>(limits::kUnconfirmedRecords)}};
  EXPECT_FALSE(refused(safe));
  safe.state.unconfirmed[0].score = INT32_MAX;  // one more frame, and it would overflow
  EXPECT_TRUE(refused(safe));
  safe.state.unconfirmed.clear();
  safe.decisions.assign(limits::kMaxDecisions + limits::kMaxRuleChanges,
                        {Offset(1000), Decision::Kind::kIdle, {}, EventTime(1)});
  safe.decisions.insert(safe.decisions.end(), limits::kMaxPoisonDecisions,
                        {Offset(1001), Decision::Kind::kPoison, {}, {}});
  EXPECT_FALSE(refused(safe));
  SafePoint idle = safe;
  idle.decisions.back() = {Offset(1001), Decision::Kind::kIdle, {}, EventTime(1)};  // printed, it could be too long
  EXPECT_TRUE(refused(idle));
  safe.decisions.push_back(safe.decisions.back());
  EXPECT_TRUE(refused(safe));
}

TEST(CommitMetadataText, IsRefusedWhereItsRulesAreNone) {
  SafePoint safe;
  safe.state.rules.now = {5, 5};
  const auto refused = [&safe](int64_t lateness_s, int64_t max_jump_s) {
    SafePoint other = safe;
    other.state.rules.to_come = {{WindowStart(60), {lateness_s, max_jump_s}}};
    return !ParseCommitMetadata(ToText(Header(), other)).ok();
  };
  EXPECT_FALSE(refused(30, 30));
  EXPECT_TRUE(refused(30, 31));
  EXPECT_TRUE(refused(limits::kMaxDurationS + 1, 5));
  EXPECT_TRUE(refused(-1, -1));
  safe.state.rules.to_come = {{WindowStart(120), {30, 5}}, {WindowStart(60), {5, 5}}};
  EXPECT_FALSE(ParseCommitMetadata(ToText(Header(), safe)).ok()) << "not in order";
  safe.state.rules.to_come.clear();
  for (size_t i = 0; i <= limits::kMaxRuleChanges; ++i) {
    safe.state.rules.to_come.push_back({WindowStart(60 * static_cast<int64_t>(i)), {30, 5}});
  }
  EXPECT_FALSE(ParseCommitMetadata(ToText(Header(), safe)).ok()) << "too many";
}

// --- Other programs' texts -------------------------------------------------------------------------------------

TEST(CommitMetadataText, OfALaterVersionIsRefusedAndSaysSo) {
  const Result<CommitMetadata> read = ParseCommitMetadata("3;whatever");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(read.error().message.find("version"), std::string::npos) << read.error().message;
}

TEST(CommitMetadataText, OfVersion1IsReadAndGoesOnAsVersion2) {
  for (const Version1Text& old : kVersion1Texts) {
    SCOPED_TRACE(old.left_by);
    const Result<CommitMetadata> read = ParseCommitMetadata(old.text);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->safe.state.offset, Offset(old.offset));
    EXPECT_FALSE(read->safe.state.rules.now.is_set()) << "it does not say by which rule";
    EXPECT_FALSE(read->header.selection);
    const Result<CommitMetadata> again = ParseCommitMetadata(ToText(read->header, read->safe));
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_TRUE(again->header == read->header);
    EXPECT_TRUE(again->safe == read->safe);
  }
}

TEST(CommitMetadataText, OfVersion1SaysWhatItAlwaysSaid) {
  const Result<CommitMetadata> waits = ParseCommitMetadata(
      "1;71aa3028766b4c94;1;-;1o;i;0;-;0,0,0,0,2,0,0,0,0,0;i:f,h:e,f:d,e:c,d:b,c:a,b:9,a:8,8:7,7:6,6:5,5:4,4:3,3:2,"
      "2:1,1:0;;a7e8c199");
  ASSERT_TRUE(waits.ok()) << waits.error().message;
  EXPECT_TRUE(waits->header == (CommitHeader{RunId(0x71aa3028766b4c94), Sequence(1), {}, 60}));
  const JudgeState& state = waits->safe.state;
  EXPECT_EQ(state.watermark, EventTime::Unset());
  EXPECT_EQ(state.unattributed.invalid_by_reason[static_cast<size_t>(InvalidReason::kNotJson)], 2U);
  EXPECT_EQ(state.unattributed.records(), 2U);
  ASSERT_EQ(state.unconfirmed.size(), 16U);
  EXPECT_TRUE((state.unconfirmed[0] == UnconfirmedRef{Offset(0), 15}));
  EXPECT_TRUE((state.unconfirmed[2] == UnconfirmedRef{Offset(3), 13}));
  EXPECT_TRUE((state.unconfirmed[15] == UnconfirmedRef{Offset(17), 0}));

  const Result<CommitMetadata> idle =
      ParseCommitMetadata("1;f6a59010e6cb4431;2;tpdgc0;2s0;b5;1;tpdgc5;;;e0.tpdgc0.tpdi4e;22df8413");
  ASSERT_TRUE(idle.ok()) << idle.error().message;
  const WindowStart closed(1'796'137'200);
  EXPECT_TRUE(idle->header == (CommitHeader{RunId(0xf6a59010e6cb4431), Sequence(2), closed, 3600}));
  EXPECT_TRUE(idle->safe.state.idle_here);
  EXPECT_EQ(idle->safe.state.watermark, closed.time().plus(5));
  EXPECT_EQ(idle->safe.decisions,
            (std::vector<Decision>{{Offset(401), Decision::Kind::kIdle, closed, EventTime(1'796'139'518)}}));
}

TEST(CommitMetadataText, OfVersion1IsRefusedWhenAnyByteIsChangedOrMissing) {
  for (const Version1Text& old : kVersion1Texts) {
    for (size_t i = 0; i < old.text.size(); ++i) {
      std::string flipped(old.text);
      flipped[i] = static_cast<char>(flipped[i] ^ 1);
      EXPECT_FALSE(ParseCommitMetadata(flipped).ok()) << flipped;
      EXPECT_FALSE(ParseCommitMetadata(old.text.substr(0, i)).ok()) << i;
    }
  }
}

// A later headcount may know more reasons. As long as no frame waits for one of those, both read each other.
TEST(CommitMetadataText, CountsReasonsSoThatProgramsWithMoreOrFewerReadEachOther) {
  SafePoint safe;
  safe.state.unattributed.future = 4;
  safe.state.unattributed.invalid_by_reason[1] = 7;
  const std::string text = ToText(Header(), safe);
  ASSERT_NE(text.find(";2,4,0,7;"), std::string::npos) << text << ": not the reasons that nothing has";
  const Result<CommitMetadata> read = ParseCommitMetadata(text);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->safe == safe);
}

TEST(CommitMetadataText, WithFramesThatAreInvalidForAnUnknownReasonIsRefusedAndSaysSo) {
  SafePoint safe;
  safe.state.unattributed.invalid_by_reason.back() = 7;
  std::string text = ToText(Header(), safe);
  const std::string mine = ";" + std::to_string(kInvalidReasons) + ",";
  ASSERT_NE(text.find(mine), std::string::npos) << text;
  text.replace(text.find(mine), mine.size(), ";" + std::to_string(kInvalidReasons + 1) + ",0,");
  const Result<CommitMetadata> read = ParseCommitMetadata(WithItsChecksum(text));
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(read.error().message.find("reasons"), std::string::npos) << read.error().message;
  EXPECT_NE(read.error().message.find("a later one wrote it"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace headcount
