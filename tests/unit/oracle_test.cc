// The oracle against counts made by hand: small enough to be checked by reading.
#include "tests/support/oracle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headcount::test {
namespace {

constexpr int64_t kMinute = 1468244400;  // a full minute
constexpr int64_t kNow = kMinute + 86400;

std::string Frame(int64_t ts, const std::string& uid) {
  return "{\"ts\":" + std::to_string(ts) + ",\"uid\":\"" + uid + "\"}";
}

OracleLog Frames(const std::vector<int64_t>& times) {
  OracleLog log;
  for (const int64_t ts : times) log.emplace_back(Frame(ts, "u" + std::to_string(log.size())));
  return log;
}

// A partition whose watermark stands at that time.
OraclePartition StartedAt(int64_t ts, const OracleBounds& bounds = {}) {
  const CountingRule rule;
  OraclePartition p(rule, bounds);
  p.RaiseClock(ts - rule.lateness_s);
  return p;
}

std::string Decoded(const std::string& bytes, size_t max_frame_bytes = limits::kMaxFrameBytes) {
  const OracleDecoded decoded = OracleDecode(bytes, max_frame_bytes);
  if (const auto* reason = std::get_if<InvalidReason>(&decoded)) return Name(*reason);
  const auto& frame = std::get<OracleFrame>(decoded);
  return std::to_string(frame.ts) + " " + frame.uid;
}

std::string WithTs(const std::string& ts) { return Decoded("{\"uid\":\"u\",\"ts\":" + ts + "}"); }
std::string WithUid(const std::string& uid) { return Decoded("{\"uid\":" + uid + ",\"ts\":1}"); }
std::string WithText(const std::string& text) { return Decoded("{\"ts\":1,\"uid\":\"u\",\"x\":" + text + "}"); }

TEST(OracleDecode, OnlyTheLastRootKeysCountAfterUnescaping) {
  EXPECT_EQ(Decoded(R"( {"ts":7,"uid":"a"} )"), "7 a");
  EXPECT_EQ(Decoded(R"({"a":{"ts":1,"uid":"x"},"uid":"a","b":[{"ts":2}],"ts":7,"c":{"uid":"y"}})"), "7 a");
  EXPECT_EQ(Decoded(R"({"ts":7,"uid":"a","ts":8,"uid":"b"})"), "8 b");
  EXPECT_EQ(Decoded(R"({"ts":7,"uid":"a","ts":null})"), "bad_ts");
  EXPECT_EQ(Decoded(R"({"ts":7,"uid":"a","u\u0069d":"b","\u0074s":9})"), "9 b");
}

TEST(OracleDecode, TsIsANumberOrAStringOfDigits) {
  EXPECT_EQ(WithTs("0"), "0 u");
  EXPECT_EQ(WithTs("-0"), "0 u");
  EXPECT_EQ(WithTs("1468244400.9"), "1468244400 u");
  EXPECT_EQ(WithTs("1.4682444e9"), "1468244400 u");
  EXPECT_EQ(WithTs("99999999999"), "99999999999 u");
  EXPECT_EQ(WithTs("100000000000"), "100000000 u");
  EXPECT_EQ(WithTs("99999999999999"), "99999999999 u");
  EXPECT_EQ(WithTs("99999999999.5"), "99999999999 u");
  EXPECT_EQ(WithTs("\"1468244400999\""), "1468244400 u");
  EXPECT_EQ(WithTs("\"00000000001468244400\""), "1468244400 u");
  EXPECT_EQ(WithTs("1e-400"), "0 u");
  EXPECT_EQ(WithTs("-0.0"), "0 u");
  for (const char* bad : {"-1", "-0.5", "100000000000000", "1e14", "1e999", "\"\"", "\"1.5\"", "\" 1\"",
                          "\"000000000001468244400\"", "\"99999999999999999999\"", "null", "true", "[1]", "{}"}) {
    EXPECT_EQ(WithTs(bad), "bad_ts") << bad;
  }
}

TEST(OracleDecode, UidIsAShortStringOrAnIntegerAsItsOwnText) {
  EXPECT_EQ(WithUid("\"123\""), "1 123");
  EXPECT_EQ(WithUid("123"), "1 123");
  EXPECT_EQ(WithUid("-0"), "1 -0");
  EXPECT_EQ(WithUid(R"("\u00e9\ud83d\ude00")"), "1 \xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(WithUid("\"" + std::string(256, 'a') + "\""), "1 " + std::string(256, 'a'));
  EXPECT_EQ(WithUid(std::string(256, '1')), "1 " + std::string(256, '1'));
  for (const std::string& bad : {std::string("\"\""), std::string("1.0"), std::string("1e3"), std::string("null"),
                                 std::string("[]"), "\"" + std::string(257, 'a') + "\"", std::string(257, '1')}) {
    EXPECT_EQ(WithUid(bad), "bad_uid") << bad;
  }
}

TEST(OracleDecode, TheFirstReasonThatHoldsIsTheReason) {
  EXPECT_EQ(Decoded("[", 0), "too_large");
  EXPECT_EQ(Decoded("{}", 2), "no_ts");
  EXPECT_EQ(Decoded("{}", 1), "too_large");
  EXPECT_EQ(Decoded("[1"), "not_json");
  EXPECT_EQ(Decoded("[1]"), "not_object");
  EXPECT_EQ(Decoded("null"), "not_object");
  EXPECT_EQ(Decoded("{\"uid\":null}"), "no_ts");
  EXPECT_EQ(Decoded("{\"ts\":null}"), "bad_ts");
  EXPECT_EQ(Decoded("{\"ts\":1}"), "no_uid");
  EXPECT_EQ(Decoded("{\"ts\":1,\"uid\":null}"), "bad_uid");
}

TEST(OracleDecode, WhatIsNotJsonIsRefused) {
  for (const char* bad : {"", " ", "{", "}", "{\"a\"}", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\":1}x", "{}{}",
                          "\xEF\xBB\xBF{}", "{\"a\":\"\xC3\"}", "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}",
                          "{\"a\":\"\xF4\x90\x80\x80\"}", "nul", "NaN", "tru e"}) {
    EXPECT_EQ(Decoded(bad), "not_json") << bad;
  }
  EXPECT_EQ(Decoded(std::string("{}\0", 3)), "not_json");
  for (const char* bad :
       {"01", "+1", "1.", ".5", "1e", "1e+", "- 1", "0x1", "\"\\x\"", "\"\\u12\"", "\"\t\"", "\"\\uD800\"",
        "\"\\uDC00\"", "\"\\uD800\\uD800\\uDC00\"", "\"\\uD800\\n\"", "[1,]", "[1 2]", "Infinity"}) {
    EXPECT_EQ(WithText(bad), "not_json") << bad;
  }
  EXPECT_EQ(WithText("\"\\\\uD800\""), "1 u") << "an escaped backslash is no escape";
  EXPECT_EQ(WithText("\"\\uD83D\\uDE00\""), "1 u");
}

TEST(OracleDecode, FiveHundredAndTwelveContainersAreAllowed) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(WithText(nested(511)), "1 u");
  EXPECT_EQ(WithText(nested(512)), "not_json");
  EXPECT_EQ(Decoded(nested(512)), "not_object");
  EXPECT_EQ(Decoded(nested(513)), "not_json");
}

TEST(OracleCounts, AUserCountsOnceAMinuteOverAllPartitions) {
  const OracleCounts counts =
      OracleCount({{Frame(kMinute, "a"), Frame(kMinute + 1, "b"), Frame(kMinute + 60, "a")},
                   {Frame(kMinute + 59, "a"), Frame(kMinute + 59, "c"), Frame(kMinute + 59, "c")}},
                  CountingRule{}, kNow);
  // The frame of the next minute is 59 s ahead of its partition: held to the end, then accepted.
  const std::vector<OracleMinute> expected = {{kMinute, 3, 5, 0, 0, 0}, {kMinute + 60, 1, 1, 0, 0, 0}};
  EXPECT_EQ(counts.minutes, expected);
  EXPECT_EQ(counts.records, 6U);
}

TEST(OracleCounts, AWindowStaysOpenUntilItsEndPlusLateness) {
  OraclePartition p = StartedAt(kMinute + 55);
  for (const int64_t ts : {57, 62, 64, 59}) p.Frame(kMinute + ts, "u");
  EXPECT_EQ(p.windows().at(kMinute).counts.counted, 2U);
  p.Frame(kMinute + 65, "u");
  p.Frame(kMinute + 59, "u");
  EXPECT_EQ(p.windows().at(kMinute).counts.counted, 2U);
  EXPECT_EQ(p.windows().at(kMinute + 60).counts.late, 1U) << "late belongs to the window the watermark stands in";
}

TEST(OracleCounts, InvalidRecordsWaitForTheFirstWindow) {
  const OracleCounts counts =
      OracleCount({{"x", std::nullopt, Frame(kMinute + 70, "a"), "y"}, {"z"}}, CountingRule{}, kNow);
  const std::vector<OracleMinute> expected = {{kMinute + 60, 1, 1, 0, 3, 0}};
  EXPECT_EQ(counts.minutes, expected);
  EXPECT_EQ(counts.waiting.invalid(), 1U);
  EXPECT_EQ(counts.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kNoValue)], 1U);
}

TEST(OracleCounts, OneFrameFromTheFutureMovesNothing) {
  OracleLog log = Frames({0});
  log[0] = Frame(kMinute, "a");
  log.emplace_back(Frame(4294967295, "wrong"));
  for (int i = 0; i < 256; ++i) log.emplace_back(Frame(kMinute + 1, "b"));
  log.emplace_back(Frame(kMinute + 2, "c"));
  const OracleCounts counts = OracleCount({log}, CountingRule{}, kNow);
  const std::vector<OracleMinute> expected = {{kMinute, 3, 258, 0, 0, 1}};
  EXPECT_EQ(counts.minutes, expected);
}

TEST(OracleCounts, AHeldFrameIsFutureAfterExactlyItsBoundOfRecords) {
  OraclePartition p = StartedAt(kMinute, OracleBounds{100, 3, 16});
  p.Frame(kMinute, "a");
  p.Frame(kMinute + 1000, "b");
  p.Frame(kMinute, "a");
  p.Invalid(InvalidReason::kNotJson);
  EXPECT_EQ(p.held(), 1U);
  p.Invalid(InvalidReason::kNotJson);
  EXPECT_EQ(p.held(), 0U);
  EXPECT_EQ(p.windows().at(kMinute).counts.future, 1U);
}

TEST(OracleCounts, WithoutAClockFramesAreHeldUntilTheFirstIsConfirmed) {
  OraclePartition p{CountingRule{}};
  for (int i = 0; i < 16; ++i) p.Frame(kMinute, "a");
  EXPECT_FALSE(p.watermark());
  p.Frame(kMinute, "a");
  EXPECT_EQ(p.watermark(), kMinute);
  EXPECT_EQ(p.windows().at(kMinute).counts.counted, 17U);
}

TEST(OracleCounts, ConfirmationsMoveTheClockOverAGap) {
  OraclePartition p = StartedAt(kMinute);
  p.Frame(kMinute, "a");
  for (int i = 0; i < 16; ++i) p.Frame(kMinute + 3600 - 5, "b");
  EXPECT_EQ(p.held(), 16U) << "the first of them has 15";
  p.Frame(kMinute + 3600, "c");
  EXPECT_EQ(p.held(), 0U) << "the first is accepted and takes the others along, and what is within the jump";
  EXPECT_EQ(p.watermark(), kMinute + 3600);
}

TEST(OracleCounts, PlausibleFramesSpeakAgainstAHeldOne) {
  OraclePartition p = StartedAt(kMinute, OracleBounds{100, 256, 2});
  p.Frame(kMinute, "a");
  p.Frame(kMinute + 1000, "ahead");  // held, 0
  p.Frame(kMinute, "a");             // -1
  p.Frame(kMinute + 1000, "ahead");  // 0, held, 0
  p.Frame(kMinute + 1000, "ahead");  // 1, 1, held, 0
  EXPECT_EQ(p.held(), 3U);
  p.Frame(kMinute + 500, "between");  // speaks for nobody and against nobody: it is not plausible
  EXPECT_EQ(p.held(), 4U);
  p.Frame(kMinute + 1000, "ahead");  // the first has 2
  EXPECT_EQ(p.held(), 0U);
  EXPECT_EQ(p.windows().at(kMinute + 960).counts.counted, 4U);
  EXPECT_EQ(p.windows().at(kMinute + 960).counts.late, 1U) << "the one between: nothing it could still join";
}

TEST(OracleCounts, TheHundredAndFirstHeldFrameMakesTheOldestFuture) {
  OraclePartition p = StartedAt(kMinute, OracleBounds{2, 256, 16});
  p.Frame(kMinute, "a");
  p.Frame(kMinute + 3000, "b");
  p.Frame(kMinute + 2000, "c");
  p.Frame(kMinute + 1000, "d");
  EXPECT_EQ(p.held(), 2U);
  EXPECT_EQ(p.windows().at(kMinute).counts.future, 1U);
}

TEST(OracleCounts, AtTheEndHeldFramesAreSettledInOrderOfTime) {
  OraclePartition p{CountingRule{}};
  p.Frame(kMinute + 120, "c");  // nothing has a clock yet: held
  p.Frame(kMinute + 60, "b");
  p.Frame(kMinute, "a");
  p.Frame(kNow + 5, "soon");
  p.Frame(kNow + 6, "too soon");
  p.End(kNow);
  EXPECT_EQ(p.held(), 0U);
  // In order of time all three count; the later frames spoke for the earlier ones, none against.
  for (const int64_t minute : {kMinute, kMinute + 60, kMinute + 120})
    EXPECT_EQ(p.windows().at(minute).users.size(), 1U);
  EXPECT_EQ(p.windows().at(kNow).counts.counted, 1U);
  EXPECT_EQ(p.windows().at(kNow).counts.future, 1U);
}

TEST(OracleCounts, ARaisedClockMakesLaterFramesOfThoseWindowsLate) {
  OraclePartition p{CountingRule{}};
  p.Invalid(InvalidReason::kNotJson);
  p.End(kNow);
  p.RaiseClock(kMinute + 60);
  EXPECT_EQ(p.watermark(), kMinute + 65);
  EXPECT_EQ(p.waiting().invalid(), 1U) << "a clock is no window";
  p.Frame(kMinute + 59, "a");
  EXPECT_EQ(p.windows().at(kMinute + 60).counts.late, 1U);
  EXPECT_EQ(p.windows().at(kMinute + 60).counts.invalid(), 1U);
  p.RaiseClock(kMinute);
  EXPECT_EQ(p.watermark(), kMinute + 65) << "it never falls";
}

TEST(OracleCounts, EveryRecordEndsInExactlyOneNumber) {
  const OracleCounts counts =
      OracleCount({Frames({kMinute, kMinute - 1000, kMinute + 1000, kMinute + 3}), {"x"}}, CountingRule{}, kNow);
  EXPECT_EQ(counts.records, counts.totals.records() + counts.waiting.records());
}

TEST(OracleLines, AByteOrderMarkAtTheVeryBeginningIsNoPartOfTheFirst) {
  EXPECT_EQ(OracleLines("\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}"), (OracleLog{"{}", "\xEF\xBB\xBF{}"}));
  EXPECT_TRUE(OracleLines("\xEF\xBB\xBF").empty());
}

TEST(OracleLines, EmptyLinesAndLoneCarriageReturnsAreNoRecords) {
  const OracleLog lines = OracleLines("a\n\n\r\nb\r\n \nc");
  const OracleLog expected = {"a", "b\r", " ", "c"};
  EXPECT_EQ(lines, expected);
  EXPECT_TRUE(OracleLines("").empty());
}

TEST(OracleJson, IsTheOutputRecord) {
  EXPECT_EQ(OracleJson({1468244400, 41130, 59983, 0, 0, 0}, 60),
            R"({"window_start":1468244400,"window_end":1468244460,"minute":"2016-07-11T13:40:00Z",)"
            R"("unique_users":41130,"events":59983,"late":0,"invalid":0,"future":0,)"
            R"("method":"exact","error":0.0,"revision":0})");
}

}  // namespace
}  // namespace headcount::test
