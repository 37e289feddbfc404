// A safe point survives the way through Kafka's metadata unchanged, or is refused.
#include "common/judge/point_text.h"

#include <gtest/gtest.h>

#include <random>

#include "common/limits.h"

namespace headcount {
namespace {

CommitHeader Header() { return {RunId(0xfeedfacecafebeef), Sequence(71), WindowStart(1468244400), 60}; }

SafePoint RandomSafePoint(std::mt19937_64* rng, size_t held, size_t moves) {
  auto below = [rng](int64_t bound) { return static_cast<int64_t>((*rng)() % static_cast<uint64_t>(bound)); };
  SafePoint safe;
  safe.point.offset = Offset(100'000 + below(1'000'000));
  safe.point.excused_here = below(2) == 1;
  if (below(4) > 0) safe.point.watermark = EventTime(below(limits::kMaxTs));
  if (below(2) > 0) {
    safe.point.waiting.future = static_cast<uint64_t>(below(1000));
    for (auto& count : safe.point.waiting.invalid_by_reason) count = static_cast<uint64_t>(below(1000));
  }
  int64_t at = below(90'000);
  for (size_t i = 0; i < held; ++i, at += 1 + below(99)) {
    safe.point.held.push_back({Offset(at), static_cast<int32_t>(below(273) - 256)});
  }
  at = safe.point.offset.value();
  size_t poisoned = 0;
  for (size_t i = 0; i < moves; ++i, at += below(1000)) {
    const bool poison = below(3) == 0 && poisoned++ < limits::kMaxPoisonMoves;
    Move move{Offset(at), poison ? Move::Kind::kPoison : Move::Kind::kExcuse, {}, {}};
    if (move.kind == Move::Kind::kExcuse) {
      if (below(3) > 0) move.passed_upto = WindowStart(below(limits::kMaxTs));
      move.clock = EventTime(below(4'000'000'000));
    }
    safe.moves.push_back(move);
  }
  return safe;
}

TEST(PointText, GivesBackEveryStateItWasMadeFrom) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 rng(seed);
  for (int i = 0; i < 2000; ++i) {
    const SafePoint safe = RandomSafePoint(&rng, rng() % (limits::kHeldFrames + 1), rng() % (limits::kMaxMoves + 1));
    CommitHeader header = Header();
    if (i % 3 == 0) header.closed_upto = WindowStart::Unset();
    const Result<CommittedPoint> read = ParsePointText(ToText(header, safe));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(read->header == header);
    ASSERT_TRUE(read->safe == safe);
  }
}

TEST(PointText, OfTheWorstStateFitsIntoTheMetadata) {
  SafePoint safe;
  safe.point.offset = Offset(INT64_MAX / 2);
  safe.point.watermark = EventTime(limits::kMaxTs - 1);
  safe.point.waiting.future = INT64_MAX;
  safe.point.waiting.invalid_by_reason.fill(INT64_MAX);
  for (size_t i = 0; i < limits::kHeldFrames; ++i) safe.point.held.push_back({Offset(static_cast<int64_t>(i)), -256});
  for (size_t i = 0; i < limits::kMaxMoves; ++i) {
    safe.moves.push_back(
        {Offset(INT64_MAX - 1), Move::Kind::kExcuse, WindowStart(limits::kMaxTs - 1), EventTime(limits::kMaxTs - 1)});
  }
  CommitHeader header{RunId(UINT64_MAX), Sequence(UINT64_MAX), WindowStart(limits::kMaxTs), limits::kMaxDurationS};
  const std::string text = ToText(header, safe);
  EXPECT_LE(text.size(), limits::kMaxMetadataBytes);
  const Result<CommittedPoint> read = ParsePointText(text);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->safe == safe);
}

TEST(PointText, IsRefusedWhenAnyByteIsChangedMissingOrAdded) {
  std::mt19937_64 rng(1);
  const std::string text = ToText(Header(), RandomSafePoint(&rng, 3, 2));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(ParsePointText(flipped).ok()) << flipped;
    EXPECT_FALSE(ParsePointText(text.substr(0, i)).ok()) << i;
    std::string longer = text;
    longer.insert(i, 1, '0');
    EXPECT_FALSE(ParsePointText(longer).ok()) << longer;
  }
  EXPECT_FALSE(ParsePointText("").ok());
  EXPECT_FALSE(ParsePointText(text + ";").ok());
}

// The checksum fits, but no judge was ever in such a state: to start from it would break what the judge relies on.
TEST(PointText, IsRefusedWhereNoJudgeCanHaveComeToItsState) {
  const auto refused = [](const SafePoint& safe) { return !ParsePointText(ToText(Header(), safe)).ok(); };
  SafePoint safe;
  safe.point.offset = Offset(1000);
  safe.point.held = {{Offset(900), static_cast<int32_t>(limits::kHeldRecords)}};
  EXPECT_FALSE(refused(safe));
  safe.point.held[0].score = INT32_MAX;  // one more frame, and it would overflow
  EXPECT_TRUE(refused(safe));
  safe.point.held.clear();
  safe.moves.assign(limits::kMaxMoves, {Offset(1000), Move::Kind::kExcuse, {}, EventTime(1)});
  safe.moves.insert(safe.moves.end(), limits::kMaxPoisonMoves, {Offset(1001), Move::Kind::kPoison, {}, {}});
  EXPECT_FALSE(refused(safe));
  SafePoint excused = safe;
  excused.moves.back() = {Offset(1001), Move::Kind::kExcuse, {}, EventTime(1)};  // printed, it could be too long
  EXPECT_TRUE(refused(excused));
  safe.moves.push_back(safe.moves.back());
  EXPECT_TRUE(refused(safe));
}

TEST(PointText, OfAnotherVersionIsRefusedAndSaysSo) {
  const Result<CommittedPoint> read = ParsePointText("2;whatever");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(read.error().message.find("version"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace headcount
