#include "common/decode/frame_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "common/records/verdict.h"
#include "tests/support/every_decoder.h"
#include "tests/support/small_stack.h"

namespace headcount {
namespace {

using std::string;
using std::string_view;
using namespace std::string_literals;

// What each decoder says of a frame, in a form that reads well in a failed test: "1468244400 bob", "bad_ts".
class FrameDecoderTest : public testing::TestWithParam<test::DecoderKind> {
 protected:
  string Answer(string_view bytes) {
    DecodedFrame frame;
    InvalidReason reason = InvalidReason::kNoValue;
    // An exact heap copy, so that a sanitizer sees any look past the frame's end.
    const std::unique_ptr<char[]> copy(new char[bytes.size()]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    if (!decoder_->Decode({copy.get(), bytes.size()}, &frame, &reason)) return Name(reason);
    return std::to_string(frame.ts.seconds()) + " " + string(frame.uid);
  }

  string AnswerToTs(string_view ts) { return Answer("{\"ts\":"s.append(ts) + ",\"uid\":\"u\"}"); }
  string AnswerToUid(string_view uid) { return Answer("{\"ts\":7,\"uid\":"s.append(uid) + "}"); }
  // A value of a key that nobody asks for.
  string AnswerToOther(string_view value) { return Answer("{\"ts\":7,\"x\":"s.append(value) + ",\"uid\":\"u\"}"); }

  struct Row {
    string_view given;
    string_view expected;
  };

  const std::unique_ptr<FrameDecoder> decoder_ = GetParam().Make(limits::kMaxFrameBytes);
};

INSTANTIATE_TEST_SUITE_P(EveryDecoder, FrameDecoderTest, testing::ValuesIn(test::EveryDecoder()),
                         [](const auto& test) { return test.param.name; });

string Repeat(string_view text, size_t times) {
  string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST_P(FrameDecoderTest, FindsTheRootKeysWhereverTheyStand) {
  static constexpr Row kRows[] = {
      {R"({"ts":1468244400,"uid":"bob"})", "1468244400 bob"},
      {R"({"uid":"bob","ts":1468244400})", "1468244400 bob"},
      {" \t\r\n{ \"ts\" : 5 , \"uid\" : \"bob\" }\r\n", "5 bob"},
      {R"({"a":{"ts":1,"uid":"x"},"ts":5,"b":[{"ts":2,"uid":"y"}],"uid":"bob","c":{"d":{"uid":"z"}}})", "5 bob"},
      {R"({"ts":5,"uid":"bob","a":{"ts":6}})", "5 bob"},
      {R"({"a":["ts",6,"uid"],"ts":5,"uid":"bob"})", "5 bob"},
      {R"({"a":"ts","b":"uid","ts":5,"uid":"ts"})", "5 ts"},
      {R"({"t\u0073":5,"\u0075\u0069\u0064":"bob"})", "5 bob"},
      {R"({"Ts":1,"ts ":1,"tss":1,"t":1,"ts\u0000":1,"ts":5,"uid":"bob"})", "5 bob"},
      {R"({"":"","ts":5,"uid":"bob"})", "5 bob"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Answer(row.given), row.expected) << row.given;
}

TEST_P(FrameDecoderTest, TakesTheLastOfARepeatedRootKeyAlsoIfItIsTheUnusableOne) {
  static constexpr Row kRows[] = {
      {R"({"ts":1,"uid":"a","ts":2,"uid":"b"})", "2 b"},  {R"({"ts":1,"uid":"a","t\u0073":2})", "2 a"},
      {R"({"ts":"x","uid":[],"ts":2,"uid":"b"})", "2 b"}, {R"({"ts":1,"uid":"a","ts":null})", "bad_ts"},
      {R"({"ts":1,"uid":"a","uid":{}})", "bad_uid"},      {R"({"ts":1,"uid":"a","uid":{"uid":"b"}})", "bad_uid"},
      {R"({"ts":1,"uid":"a","ts":[2]})", "bad_ts"},       {R"({"ts":{"ts":3},"uid":"a","uid":7})", "bad_ts"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Answer(row.given), row.expected) << row.given;
}

TEST_P(FrameDecoderTest, GivesTheFirstReasonThatHolds) {
  static constexpr Row kRows[] = {
      {"{}", "no_ts"},
      {R"({"uid":[]})", "no_ts"},
      {R"({"ts":true})", "bad_ts"},
      {R"({"ts":1})", "no_uid"},
      {R"({"ts":1,"uid":null})", "bad_uid"},
      {R"({"a":{"ts":1,"uid":"u"}})", "no_ts"},
      {R"([{"ts":1,"uid":"u"}])", "not_object"},
      {"[]", "not_object"},
      {"7", "not_object"},
      {R"("\ud83d\ude00")", "not_object"},
      {" null ", "not_object"},
      {"1e400", "not_object"},
      {R"("\udc00")", "not_json"},
      {R"({"ts":true,"uid":"\udc00"})", "not_json"},
      {R"({"ts":true)", "not_json"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Answer(row.given), row.expected) << row.given;
}

TEST_P(FrameDecoderTest, RefusesWhatIsNotOneJsonText) {
  const std::vector<string> frames = {
      "",
      " ",
      "{",
      "}",
      "{]",
      "[}",
      "nul",
      "truex",
      "\"",
      "\"a",
      "'a'",
      "{ts:1}",
      "// c\n{}",
      "{}/**/",
      "{},",
      "{} {}",
      "{}x",
      "[1,]",
      "{\"a\":1,}",
      "{,}",
      "[,1]",
      "[1 2]",
      "{\"a\" 1}",
      "{\"a\":}",
      "{\"a\"}",
      "{1:2}",
      "\v{}",
      "\f{}",
      "\xC2\xA0{}",  // a no-break space is no white space here
      R"({"ts":1,"uid":"u"}{)",
      R"({"ts":1,"uid":"u"}])",
      "{\"ts\":1,\"uid\":\"u\"}\f",
      R"({"ts":1,"uid":"u")",
      R"({"ts":1,"uid":"u)",
      R"(["\x41"])",
      R"(["\u12"])",
      R"(["\u12g4"])",
      R"(["\U0041"])",
      R"(["\)",
      R"(["\")",
      "[\"\t\"]",
      "[\"\n\"]",
      "[\"\x1f\"]",
  };
  for (const string& frame : frames) EXPECT_EQ(Answer(frame), "not_json") << frame;
}

// RapidJSON 1.1.0 counts the digits of an exponent and of a fraction together in an int, and an overflow there is
// CVE-2024-38517 and CVE-2024-39684: so our decoders have it take numbers as text. None of these frames overflows
// anything; each reader takes or refuses them by itself.
TEST_P(FrameDecoderTest, KnowsTheGrammarOfNumbersOfAnySize) {
  const std::vector<string> good = {"0",
                                    "-0",
                                    "10",
                                    "-1.5",
                                    "0.0",
                                    "1e5",
                                    "1E+5",
                                    "1e-5",
                                    "0e0",
                                    "1.5e0007",
                                    "1e400",
                                    "-1e400",
                                    "0e999",
                                    "1e99999999999999999999",
                                    "1e-99999999999999999999",
                                    "0.0000001e-99999",
                                    Repeat("9", 309),
                                    Repeat("9", 5000),
                                    "-" + Repeat("9", 5000),
                                    Repeat("9", 400) + "." + Repeat("9", 400),
                                    Repeat("9", 400) + ".5E-" + Repeat("9", 30),
                                    "0." + Repeat("0", 300) + "1",
                                    "[1e400,\"1e400\",-1e400 , 1e5]",
                                    "{\"1e400\":1e400,\"\\\"1e400\":0}"};
  for (const string& number : good) EXPECT_EQ(AnswerToOther(number), "7 u") << number;
  const std::vector<string> bad = {"00", "01", "-", "-01", "--1", "+1", "1.", ".5", "1.e5", "1e", "1e+", "1e5.5",
                                   "1e5e5", "0x1", "1_0", "NaN", "nan", "Infinity", "-Infinity", "inf",
                                   // The same beside a number that RapidJSON finds too large.
                                   "--1e400", "1e400e5", "1e400.5", "1e4005-", "01e400", "1e400 5", "-01e400", "1.e400",
                                   "1e400e400", "[1e400,01]", "[1e400,1.]", "[1e400", Repeat("9", 400) + ".",
                                   Repeat("9", 400) + "e", "0" + Repeat("9", 400), "-e400", "1e400,"};
  for (const string& number : bad) EXPECT_EQ(AnswerToOther(number), "not_json") << number;
}

TEST_P(FrameDecoderTest, StaysFastWithAMegabyteOfNumbersThatAreTooLarge) {
  const string frame = "{\"ts\":1e3,\"x\":[" + Repeat("1e999,", 170'000) + "0],\"uid\":12}";
  EXPECT_EQ(Answer(frame), "1000 12");
}

TEST_P(FrameDecoderTest, RefusesBytesThatAreNotUtf8) {
  static constexpr string_view kBad[] = {"\x80",
                                         "\xBF",
                                         "\xC0\x80",
                                         "\xC1\xBF",
                                         "\xC3",
                                         "\xC3\x28",
                                         "\xE0\x80\x80",
                                         "\xE0\x9F\xBF",
                                         "\xE2\x82",
                                         "\xE2\x28\xA1",
                                         "\xED\xA0\x80",
                                         "\xED\xBF\xBF",
                                         "\xF0\x80\x80\x80",
                                         "\xF0\x8F\xBF\xBF",
                                         "\xF0\x9F\x98",
                                         "\xF0\x9F\x98\x28",
                                         "\xF4\x90\x80\x80",
                                         "\xF5\x80\x80\x80",
                                         "\xF8\x88\x80\x80\x80",
                                         "\xFE",
                                         "\xFF"};
  for (const string_view bytes : kBad) {
    EXPECT_EQ(AnswerToOther("\""s.append(bytes) + "\""), "not_json");
    EXPECT_EQ(AnswerToOther("[{\"k"s.append(bytes) + "\":1}]"), "not_json");
    EXPECT_EQ(AnswerToOther(bytes), "not_json");
    EXPECT_EQ(Answer("\""s.append(bytes)), "not_json") << "cut short";
  }
  static constexpr string_view kGood[] = {"\x7F",         "\xC2\x80",         "\xDF\xBF",
                                          "\xE0\xA0\x80", "\xED\x9F\xBF",     "\xEE\x80\x80",
                                          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
  for (const string_view bytes : kGood) {
    EXPECT_EQ(AnswerToUid("\""s.append(bytes) + "\""), "7 "s.append(bytes));
    EXPECT_EQ(AnswerToOther(bytes), "not_json") << "outside a string";
  }
}

TEST_P(FrameDecoderTest, RefusesAByteOrderMark) {
  EXPECT_EQ(Answer("\xEF\xBB\xBF{\"ts\":1,\"uid\":\"u\"}"), "not_json");
  EXPECT_EQ(AnswerToUid("\"\xEF\xBB\xBF\""), "7 \xEF\xBB\xBF") << "inside a string it is a character";
}

TEST_P(FrameDecoderTest, RefusesANulByteAnywhere) {
  const string frame = R"({"ts":1,"uid":"u"})";
  for (size_t at = 0; at <= frame.size(); ++at) {
    string damaged = frame;
    damaged.insert(at, 1, '\0');
    EXPECT_EQ(Answer(damaged), "not_json") << "NUL before byte " << at;
  }
  EXPECT_EQ(Answer(string(3, '\0')), "not_json");
  EXPECT_EQ(Answer(frame + "\0{}"s), "not_json");
}

TEST_P(FrameDecoderTest, RefusesUnpairedSurrogateEscapesAtAnyDepthInKeysAndValues) {
  static constexpr string_view kBad[] = {R"(\ud83d)",
                                         R"(\ude00)",
                                         R"(\uDC00)",
                                         R"(\udfff)",
                                         R"(\uDBFF)",
                                         R"(\ud83dx)",
                                         R"(\ud83d\n)",
                                         R"(\ud83d\u0041)",
                                         R"(\ude00\ud83d)",
                                         R"(\ud83d\ud83d\ude00)",
                                         R"(\ud83d\ude00\ude00)",
                                         R"(\\\ude00)",
                                         R"(\ud83d\\ude00)"};
  for (const string_view escape : kBad) {
    const string text = "\""s.append(escape) + "\"";
    EXPECT_EQ(AnswerToUid(text), "not_json") << escape;
    EXPECT_EQ(AnswerToOther(text), "not_json") << escape;
    EXPECT_EQ(AnswerToOther("[[{\"a\":[" + text + "]}]]"), "not_json") << escape;
    EXPECT_EQ(AnswerToOther("{\"a\":{" + text + ":1}}"), "not_json") << escape;
    EXPECT_EQ(Answer("{" + text + ":1,\"ts\":1,\"uid\":\"u\"}"), "not_json") << escape;
    EXPECT_EQ(AnswerToOther("\"" + string(200, 'x').append(escape) + "\""), "not_json") << escape;
  }
  static constexpr Row kGood[] = {
      {R"("\ud83d\ude00")", "7 \xF0\x9F\x98\x80"}, {R"("\uD800\uDC00")", "7 \xF0\x90\x80\x80"},
      {R"("\uDBFF\uDFFF")", "7 \xF4\x8F\xBF\xBF"}, {R"("\ud7ff")", "7 \xED\x9F\xBF"},
      {R"("\ue000")", "7 \xEE\x80\x80"},           {R"("\\ude00")", R"(7 \ude00)"},
      {R"("\\\\ud83d")", R"(7 \\ud83d)"}};
  for (const Row& row : kGood) EXPECT_EQ(AnswerToUid(row.given), row.expected) << row.given;
}

// A lone low surrogate is looked for a block at a time: it must be found wherever it falls.
TEST_P(FrameDecoderTest, FindsALoneSurrogateAtEveryPlaceOfALongFrame) {
  for (size_t fill = 0; fill < 200; ++fill) {
    EXPECT_EQ(AnswerToOther("[\"" + string(fill, 'x') + "\\udc00\"]"), "not_json") << fill;
    EXPECT_EQ(AnswerToOther("[\"" + string(fill, 'x') + "\xED\x9F\xBF\xED\x95\x9C\\n\"]"), "7 u") << fill;
  }
}

TEST_P(FrameDecoderTest, Allows512ContainersAndNoMore) {
  const auto nested = [](string_view open, string_view middle, string_view close, size_t depth) {
    return Repeat(open, depth).append(middle) + Repeat(close, depth);
  };
  EXPECT_EQ(AnswerToOther(nested("[", "", "]", 511)), "7 u");
  EXPECT_EQ(AnswerToOther(nested("[", "", "]", 512)), "not_json");
  EXPECT_EQ(AnswerToOther(nested("{\"ts\":", "1", "}", 511)), "7 u");
  EXPECT_EQ(AnswerToOther(nested("{\"ts\":", "1", "}", 512)), "not_json");
  EXPECT_EQ(Answer(nested("[", "", "]", 512)), "not_object");
  EXPECT_EQ(Answer(nested("[", "", "]", 513)), "not_json");
  EXPECT_EQ(AnswerToOther("[" + Repeat("[[]],", 2000) + "0]"), "7 u") << "side by side is not deep";
}

TEST_P(FrameDecoderTest, NeedsNoMoreStackForDeeperFrames) {
  for (const string_view open : {"[", "{\"a\":", "[{\"a\":"}) {
    const string frame = Repeat(open, test::kHarmlessDepth);
    test::OnASmallStack([&] {
      for (int i = 0; i < 100; ++i) EXPECT_EQ(Answer(frame), "not_json");
    });
  }
}

TEST_P(FrameDecoderTest, CallsAFrameTooLargeOnlyAboveTheLimit) {
  const string frame = R"({"ts":1,"uid":"u"})";
  EXPECT_EQ(Answer(frame + string(limits::kMaxFrameBytes - frame.size(), ' ')), "1 u");
  EXPECT_EQ(Answer(frame + string(limits::kMaxFrameBytes - frame.size() + 1, ' ')), "too_large");
  EXPECT_EQ(Answer(string(limits::kMaxFrameBytes + 1, '\xFF')), "too_large");
  const std::unique_ptr<FrameDecoder> small = GetParam().Make(frame.size());
  DecodedFrame decoded;
  InvalidReason reason;
  EXPECT_TRUE(small->Decode(frame, &decoded, &reason));
  EXPECT_FALSE(small->Decode(frame + " ", &decoded, &reason));
  EXPECT_EQ(reason, InvalidReason::kTooLarge);
}

TEST_P(FrameDecoderTest, ReadsATsThatIsANumber) {
  static constexpr Row kRows[] = {{"0", "0 u"},
                                  {"-0", "0 u"},
                                  {"-1", "bad_ts"},
                                  {"1468244400", "1468244400 u"},
                                  // From 1e11 on it is milliseconds, below 1e14.
                                  {"99999999999", "99999999999 u"},
                                  {"100000000000", "100000000 u"},
                                  {"1468244400999", "1468244400 u"},
                                  {"99999999999999", "99999999999 u"},
                                  {"100000000000000", "bad_ts"},
                                  {"18446744073709551616", "bad_ts"},
                                  {"-9223372036854775808", "bad_ts"},
                                  {"123456789012345678901234567890", "bad_ts"},
                                  // A fraction or an exponent: as a double, floored.
                                  {"0.0", "0 u"},
                                  {"-0.0", "0 u"},
                                  {"-0.5", "bad_ts"},
                                  {"0.999", "0 u"},
                                  {"1468244400.999", "1468244400 u"},
                                  {"1.4e9", "1400000000 u"},
                                  {"14682444E2", "1468244400 u"},
                                  {"1E+12", "1000000000 u"},
                                  {"14682444000e-1", "1468244400 u"},
                                  {"1e11", "100000000 u"},
                                  {"99999999999.5", "99999999999 u"},
                                  {"99999999999.9999999", "100000000 u"},
                                  {"1468244400999.9", "1468244400 u"},
                                  {"99999999999999.9", "99999999999 u"},
                                  {"99999999999999.999", "bad_ts"},
                                  {"1e14", "bad_ts"},
                                  {"-1e9", "bad_ts"},
                                  // Too small for a double is a zero, as IEEE 754 rounds it; too large is no time.
                                  {"1e-400", "0 u"},
                                  {"-1e-400", "0 u"},
                                  {"-5e-324", "bad_ts"},
                                  {"4e-324", "0 u"},
                                  {"2e-324", "0 u"},
                                  {"-2e-324", "0 u"},
                                  {"0e999", "0 u"},
                                  {"0.0e-999", "0 u"},
                                  {"1e400", "bad_ts"},
                                  {"-1e400", "bad_ts"},
                                  {"1e-99999999999999999999", "0 u"},
                                  {"1e99999999999999999999", "bad_ts"},
                                  {"0e99999999999999999999", "0 u"},
                                  {"true", "bad_ts"},
                                  {"null", "bad_ts"},
                                  {"[]", "bad_ts"},
                                  {"[1]", "bad_ts"},
                                  {"{}", "bad_ts"},
                                  {"{\"ts\":1}", "bad_ts"}};
  for (const Row& row : kRows) EXPECT_EQ(AnswerToTs(row.given), row.expected) << row.given;
  EXPECT_EQ(AnswerToTs("0." + Repeat("0", 400) + "1468244400e410"), "1468244400 u");
  EXPECT_EQ(AnswerToTs("1468244400" + Repeat("0", 400) + "e-400"), "1468244400 u");
  EXPECT_EQ(AnswerToTs("1" + Repeat("0", 400) + "e-5"), "bad_ts");
  EXPECT_EQ(AnswerToTs("0." + Repeat("0", 300) + "1"), "0 u");
  EXPECT_EQ(AnswerToTs("0." + Repeat("0", 300) + "1e5"), "0 u");
  EXPECT_EQ(AnswerToTs(Repeat("9", 400)), "bad_ts");
}

TEST_P(FrameDecoderTest, ReadsATsThatIsAStringOf1To20Digits) {
  static constexpr Row kRows[] = {{R"("0")", "0 u"},
                                  {R"("1468244400")", "1468244400 u"},
                                  {R"("1468244400123")", "1468244400 u"},
                                  {R"("99999999999")", "99999999999 u"},
                                  {R"("100000000000")", "100000000 u"},
                                  {R"("00000000001468244400")", "1468244400 u"},
                                  {R"("00000000000000000000")", "0 u"},
                                  {R"("000000000001468244400")", "bad_ts"},
                                  {R"("99999999999999")", "99999999999 u"},
                                  {R"("100000000000000")", "bad_ts"},
                                  {R"("99999999999999999999")", "bad_ts"},
                                  {R"("\u0031\u0032")", "12 u"},
                                  {R"("")", "bad_ts"},
                                  {R"(" 1")", "bad_ts"},
                                  {R"("1 ")", "bad_ts"},
                                  {R"("+1")", "bad_ts"},
                                  {R"("-1")", "bad_ts"},
                                  {R"("-0")", "bad_ts"},
                                  {R"("1.0")", "bad_ts"},
                                  {R"("1e9")", "bad_ts"},
                                  {R"("0x1")", "bad_ts"},
                                  {R"("1\u0000")", "bad_ts"},
                                  {"\"\xD9\xA1\"", "bad_ts"}};
  for (const Row& row : kRows) EXPECT_EQ(AnswerToTs(row.given), row.expected) << row.given;
}

TEST_P(FrameDecoderTest, ReadsAUidThatIsAStringOf1To256Bytes) {
  EXPECT_EQ(AnswerToUid(R"("")"), "bad_uid");
  EXPECT_EQ(AnswerToUid(R"("u")"), "7 u");
  EXPECT_EQ(AnswerToUid(R"("\"\\\/\b\f\n\r\t\u0041")"), "7 \"\\/\b\f\n\r\tA");
  EXPECT_EQ(AnswerToUid(R"("\u0000")"), "7 \0"s);
  EXPECT_EQ(AnswerToUid(R"("a\u0000b")"), "7 a\0b"s);
  EXPECT_EQ(AnswerToUid(R"(" u ")"), "7  u ");
  EXPECT_EQ(AnswerToUid(R"("caf\u00e9")"), AnswerToUid("\"caf\xC3\xA9\"")) << "one user, escaped or not";
  EXPECT_EQ(AnswerToUid("\"" + Repeat("a", 256) + "\""), "7 " + Repeat("a", 256));
  EXPECT_EQ(AnswerToUid("\"" + Repeat("a", 257) + "\""), "bad_uid");
  EXPECT_EQ(AnswerToUid("\"" + Repeat("\\u00e9", 128) + "\""), "7 " + Repeat("\xC3\xA9", 128));
  EXPECT_EQ(AnswerToUid("\"" + Repeat("\\u00e9", 129) + "\""), "bad_uid");
  EXPECT_EQ(AnswerToUid("\"" + Repeat("\\u0000", 256) + "\""), "7 " + string(256, '\0'));
}

TEST_P(FrameDecoderTest, ReadsAUidThatIsAnIntegerAsItsOwnText) {
  static constexpr Row kRows[] = {
      {"0", "7 0"},           {"-0", "7 -0"},
      {"123", "7 123"},       {R"("123")", "7 123"},
      {"-5", "7 -5"},         {"123456789012345678901234567890", "7 123456789012345678901234567890"},
      {"1.0", "bad_uid"},     {"1e3", "bad_uid"},
      {"1E3", "bad_uid"},     {"1e400", "bad_uid"},
      {"true", "bad_uid"},    {"false", "bad_uid"},
      {"null", "bad_uid"},    {"[]", "bad_uid"},
      {"[\"u\"]", "bad_uid"}, {"{}", "bad_uid"}};
  for (const Row& row : kRows) EXPECT_EQ(AnswerToUid(row.given), row.expected) << row.given;
  EXPECT_EQ(AnswerToUid(Repeat("1", 256)), "7 " + Repeat("1", 256));
  EXPECT_EQ(AnswerToUid(Repeat("1", 257)), "bad_uid");
  EXPECT_EQ(AnswerToUid("-" + Repeat("1", 255)), "7 -" + Repeat("1", 255));
  EXPECT_EQ(AnswerToUid("-" + Repeat("1", 256)), "bad_uid");
  EXPECT_EQ(AnswerToUid(Repeat("1", 400)), "bad_uid");
  // Beside a number that makes the decoder look twice.
  EXPECT_EQ(Answer("{\"x\":1e400,\"ts\":1.5e1,\"uid\":" + Repeat("1", 256) + "}"), "15 " + Repeat("1", 256));
  EXPECT_EQ(Answer(R"({"x":1e400,"ts":"12","uid":"\u0041\n"})"), "12 A\n");
}

TEST_P(FrameDecoderTest, ForgetsOneFrameBeforeTheNext) {
  EXPECT_EQ(Answer(R"({"ts":1,"uid":"a"})"), "1 a");
  EXPECT_EQ(Answer(R"({"uid":"b"})"), "no_ts");
  EXPECT_EQ(Answer(R"({"ts":2})"), "no_uid");
  EXPECT_EQ(Answer("[[[["), "not_json");
  EXPECT_EQ(Answer(R"({"ts":1,"uid":"\udc00"})"), "not_json");
  EXPECT_EQ(Answer(R"({"ts":3,"uid":"c"})"), "3 c");
}

TEST_P(FrameDecoderTest, LeavesTheFrameUntouched) {
  const string frame = R"({"a":"\u0041\n\"","ts":1e0,"uid":"\u0062ob","x":1e400})";
  const string before = frame;  // NOLINT(performance-unnecessary-copy-initialization): that is the point
  EXPECT_EQ(Answer(frame), "1 bob");
  DecodedFrame decoded;
  InvalidReason reason;
  ASSERT_TRUE(decoder_->Decode(frame, &decoded, &reason));
  EXPECT_EQ(frame, before);
}

}  // namespace
}  // namespace headcount
