// What is said of frames that cannot be counted. That it says the right thing of files as people have them, and that
// what it advises helps: tests/integration/cli_uncounted_test.cc. Here: never a value, never past the end, always
// bounded.
#include "common/decode/frame_shape.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/limits.h"
#include "common/decode/json_walk.h"
#include "tests/support/guarded_bytes.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

constexpr InvalidReason kReasons[] = {InvalidReason::kNoValue, InvalidReason::kTooLarge,  InvalidReason::kPoison,
                                      InvalidReason::kNotJson, InvalidReason::kNotObject, InvalidReason::kNoTs,
                                      InvalidReason::kBadTs,   InvalidReason::kNoUid,     InvalidReason::kBadUid};

std::string All(const FrameShape& shape) { return shape.what + "|" + shape.keys + "|" + shape.advice; }

std::string What(const std::string& bytes, InvalidReason reason, FrameInput input = FrameInput::kTopic) {
  return ShapeOf(bytes, reason, {}, input).what;
}

TEST(FrameShape, TellsTheKindOfATimeOrAnId) {
  const auto time = [](const std::string& value) { return What("{\"ts\":" + value + "}", InvalidReason::kBadTs); };
  EXPECT_EQ(time("null"), "ts is null");
  EXPECT_EQ(time("{\"$date\":1}"), "ts is an object");
  EXPECT_EQ(time("[1]"), "ts is an array");
  EXPECT_EQ(time("false"), "ts is true or false");
  EXPECT_EQ(time("-5"), "ts is a number below zero of 1 digit");
  EXPECT_EQ(time("\"\""), "ts is an empty string");
  EXPECT_EQ(time("\"caf\xC3\xA9 \\u00e9\\n\""), "ts is a string of 7 characters");
  EXPECT_EQ(time("\"2016-07-11\""), "ts is a string of 10 characters that looks like a date");
  EXPECT_EQ(time("\"2016-07-11 13:40:00\""), "ts is a string of 19 characters that looks like ISO 8601");
  EXPECT_EQ(time("\"Mon, 11 Jul 2016 13:40:00 GMT\""),
            "ts is a string of 29 characters that looks like a date in words");
  EXPECT_EQ(
      time("\"1468244400.5\""),
      "ts is a string of 12 characters that looks like a number with a fraction, which is read only without quotes");
  EXPECT_EQ(What(R"({"uid":1.5})", InvalidReason::kBadUid), "uid is a number with a fraction or an exponent");
}

// As the decoder does: unescaped, and the last of several.
TEST(FrameShape, LooksAtTheKeyThatTheDecoderTook) {
  EXPECT_EQ(What(R"({"ts":1,"\u0074s":null})", InvalidReason::kBadTs), "ts is null");
  EXPECT_EQ(What(R"({"a":{"ts":1},"ts":null,"uid":"}"})", InvalidReason::kBadTs), "ts is null");
  EXPECT_EQ(What(R"({"a":"\"ts\":7","b":[{"ts":1}]})", InvalidReason::kNoTs),
            "there is no root key ts; a key ts stands deeper, in b");
}

TEST(FrameShape, OffersTypesOnlyWhereTheyHelp) {
  EXPECT_EQ(ShapeOf(R"({"n":5,"at":1468244400,"uid":1})", InvalidReason::kNoTs, {}, FrameInput::kTopic).advice,
            "--time-field at")
      << "5 is no time that anybody means";
  EXPECT_EQ(ShapeOf(R"({"ts":1,"user":{},"user_id":7})", InvalidReason::kNoUid, {}, FrameInput::kTopic).advice,
            "--id-field user_id")
      << "an object is no id";
  for (const FrameInput input : {FrameInput::kTopic, FrameInput::kFile}) {
    const std::string advice = ShapeOf("\x1f\x8b\x08", InvalidReason::kNotJson, {}, input).advice;
    EXPECT_EQ(advice.find("FILE") != std::string::npos, input == FrameInput::kFile) << advice;
  }
}

TEST(FrameShape, ShowsNamesButNothingThatMayBeData) {
  std::string keys;
  for (int i = 0; i < 40; ++i) keys += "\"name_" + std::string(1, static_cast<char>('a' + i % 26)) + "\":1,";
  const FrameShape shape = ShapeOf("{" + keys + "\"a@b.ch\":1}", InvalidReason::kNoTs, {}, FrameInput::kTopic);
  EXPECT_EQ(
      shape.keys,
      "name_a, name_b, name_c, name_d, name_e, name_f, name_g, name_h, name_i, name_j, name_k, name_l, and 15 more");
  EXPECT_EQ(ShapeOf(R"({"0041791234567":1})", InvalidReason::kNoTs, {}, FrameInput::kTopic).keys, "1 not shown");
}

// A secret stands wherever a value can stand; no text may hold it.
TEST(FrameShape, NeverHoldsAValue) {
  const std::string secret = "Xq7secretXq7";
  const std::string frames[] = {R"({"ts":")" + secret + R"(","uid":"a"})",
                                R"({"ts":1,"uid":[")" + secret + R"("]})",
                                R"({"other":")" + secret + R"("})",
                                R"({"a":{"ts":")" + secret + R"("}})",
                                R"([")" + secret + R"("])",
                                "\"" + secret + "\"",
                                secret,
                                "{" + secret,
                                R"({"ts":NaN,"v":")" + secret + "\"}",
                                std::string(5, '\0') + secret,
                                R"("{\")" + secret + R"(\":1}")",
                                "'" + secret + "'",
                                R"({")" + secret + secret + secret + R"(":1})"};
  for (const std::string& frame : frames) {
    for (const InvalidReason reason : kReasons) {
      for (const FrameInput input : {FrameInput::kTopic, FrameInput::kFile}) {
        const std::string all = All(ShapeOf(frame, reason, {}, input));
        EXPECT_EQ(all.find(secret), std::string::npos) << frame << " gives " << all;
      }
    }
  }
}

// Whatever the bytes: cut off anywhere, turned over, or of chance.
TEST(FrameShape, TakesAnyBytesAndNeverLooksPastTheirEnd) {
  const uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  test::Random random(seed);
  test::GuardedBytes guarded(4096);
  const std::string whole =
      R"( {"ts":"2016-07-11T13:40:00Z","uid":{"a":[1,{"\u0074s":"\"x\\"}]},"n":-1.5e3,"k\"ey":null,"":""} )";
  const std::string pieces[] = {"{", "}", "[", "]", "\"", "\\", ":", ",", "u00", "NaN", "\0", "\xC3", "ts", "1", " "};
  const auto look = [&](const std::string& bytes) {
    for (const InvalidReason reason : kReasons) {
      for (const std::string_view place : {guarded.AtEnd(bytes), guarded.AtBegin(bytes)}) {
        const FrameShape shape =
            ShapeOf(place, reason, {}, random.Chance(0.5) ? FrameInput::kFile : FrameInput::kTopic);
        ASSERT_FALSE(shape.what.empty());
        ASSERT_LE(ShapeText(std::string(5'000, 'p'), shape).size(), limits::kShapeTextBytes);
      }
    }
  };
  for (size_t length = 0; length <= whole.size(); ++length) look(whole.substr(0, length));
  for (int i = 0; i < 3'000; ++i) {
    std::string bytes = random.Chance(0.5) ? whole : "";
    for (uint64_t n = random.Below(30); n > 0; --n) {
      bytes.insert(random.Below(bytes.size() + 1), random.Pick(pieces));
    }
    if (!bytes.empty()) bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    look(bytes);
  }
}

TEST(FrameShape, NeedsNoStackForNestingAndLittleTimeForALongFrame) {
  const std::string deep = "{\"a\":" + std::string(1'000'000, '[');
  const std::string wide = "{\"a\":" + std::string(1'000'000, '{') + std::string(1'000'000, '}') + "}";
  std::string many = "{";
  for (int i = 0; i < 200'000; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  for (const std::string& frame : {deep, wide, many, std::string(1'000'000, '"'), std::string(1'000'000, '\\')}) {
    for (const InvalidReason reason : kReasons) {
      EXPECT_FALSE(ShapeOf(frame, reason, {}, FrameInput::kFile).what.empty());
    }
  }
}

// A path is somebody's: whatever bytes it has, the text stands in a status file of UTF-8.
TEST(ShapeText, IsUtf8AndKeepsTheEndOfALongPlace) {
  EXPECT_EQ(ShapeText("d\xC3\xA9j\xE0\n/x:1", {"w", "", ""}),
            "d\xC3\xA9j?"
            "?/x:1: w");
  const std::string text = ShapeText(std::string(1'000, 'a') + "/frames:7", {"w", "k", "do this"});
  EXPECT_EQ(text.substr(0, 4), "...a");
  EXPECT_NE(text.find("/frames:7: w; root keys: k. What helps: do this"), std::string::npos) << text;
}

TEST(ReasonsText, BeginsWithTheMostFrequent) {
  VerdictCounts counts;
  EXPECT_EQ(ReasonsText(counts), "");
  EXPECT_FALSE(MostFrequent(counts).has_value());
  counts.invalid_by_reason[static_cast<size_t>(InvalidReason::kNotJson)] = 2;
  counts.invalid_by_reason[static_cast<size_t>(InvalidReason::kBadUid)] = 60;
  EXPECT_EQ(ReasonsText(counts), "60 bad_uid, 2 not_json");
  EXPECT_EQ(MostFrequent(counts), InvalidReason::kBadUid);
}

}  // namespace
}  // namespace headcount
