// What JSON is and what it is not, fact by fact, for every decoder: what RFC 8259 says must be taken, what must be
// refused, and how we decide what it leaves open. Which questions are worth asking is learned from Nicolas Seriot's
// "JSON Parsing Test Suite" (github.com/nst/JSONTestSuite); texts, groups and names are our own.
//
// Each text is a root, and a value in an otherwise valid frame; each string is a key, too. The oracle's own reader is
// asked as well, so that the facts are right about more than the program.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/limits.h"
#include "common/decode/frame_decoder.h"
#include "tests/support/every_decoder.h"
#include "tests/support/json_reader.h"

namespace headcount::test {
namespace {

using std::string;
using std::string_view;
using namespace std::string_literals;

using Texts = std::vector<string>;

string Repeat(string_view text, size_t times) {
  string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

class JsonFactsTest : public testing::TestWithParam<DecoderKind> {
 protected:
  string Answer(const string& frame) {
    DecodedFrame decoded;
    InvalidReason reason{};
    if (!decoder_->Decode(frame, &decoded, &reason)) return Name(reason);
    return std::to_string(decoded.ts.seconds()) + " " + string(decoded.uid);
  }
  // A uid as it is read.
  string Uid(const string& value) { return Answer("{\"ts\":7,\"uid\":" + value + "}"); }

  void Takes(const Texts& texts) {
    for (const string& text : texts) {
      SCOPED_TRACE(testing::PrintToString(text));
      const auto value = ReadJson(text);
      ASSERT_TRUE(value) << "says the oracle's reader";
      EXPECT_EQ(Answer(text), value->kind == JsonValue::Kind::kObject ? "no_ts" : "not_object");
      for (const string& frame : Around(text)) EXPECT_EQ(Answer(frame), "7 u") << frame;
    }
  }
  void Refuses(const Texts& texts) {
    for (const string& text : texts) {
      SCOPED_TRACE(testing::PrintToString(text));
      EXPECT_FALSE(ReadJson(text)) << "says the oracle's reader";
      EXPECT_EQ(Answer(text), "not_json");
      for (const string& frame : Around(text)) EXPECT_EQ(Answer(frame), "not_json") << frame;
    }
  }

 private:
  // Frames that are valid if the text is a value.
  static Texts Around(const string& text) {
    Texts frames = {"{\"x\":" + text + ",\"ts\":7,\"uid\":\"u\"}", "{\"ts\":7,\"uid\":\"u\",\"x\":" + text + "}",
                    "{\"ts\":7, \"x\": " + text + " , \"uid\":\"u\"}",
                    "{\"ts\":7,\"x\":[0," + text + ",0],\"uid\":\"u\"}",
                    "{\"ts\":7,\"x\":[{\"y\":[" + text + "],\"z\":{}},[]],\"uid\":\"u\"}"};
    // There it would be an array's lack of items.
    if (text.find_first_not_of(" \n") == string::npos) frames.pop_back();
    if (!text.empty() && text.front() == '"') frames.push_back("{\"ts\":7," + text + ":0,\"uid\":\"u\"}");
    return frames;
  }

  const std::unique_ptr<FrameDecoder> decoder_ = GetParam().Make(limits::kMaxFrameBytes);
};

INSTANTIATE_TEST_SUITE_P(EveryDecoder, JsonFactsTest, testing::ValuesIn(EveryDecoder()),
                         [](const auto& test) { return test.param.name; });

// --- What must be taken ----------------------------------------------------------------------------------------

TEST_P(JsonFactsTest, TakesContainersWithAndWithoutMembers) {
  Takes({"[]", "{}", "[[]]", "[{}]", "[[],{},[[]]]", "[\"\"]", "[0]", "[null,1,\"2\",[3],{\"4\":5}]",
         "[null,null,null,null]", R"({"a":"b"})", R"({"a":[],"b":{"c":{}}})", R"({"":0})", R"({"":{"":[""]}})",
         R"({"a":1,"a":1})", R"({"a":1,"a":2,"a":[]})", R"({"lo":-4.0e+30,"hi":4.0e+30})",
         "{\"long\":[{\"id\":\"" + string(500, 'x') + "\"}],\"" + string(500, 'k') + "\":1}"});
}

TEST_P(JsonFactsTest, TakesFourKindsOfWhiteSpaceBetweenTokens) {
  Takes({" [] ", "\t{}\n", "[ ]", "{\r\n}", "[ \t\r\n]", "[ 1]", "[1 ]", "[1\n,\t2]", "[true ,false\r,null\n]",
         "{ \"a\" : \"b\" , \"c\"\t:\r\n[ ]\n}", " \n\n\t 5 ", "\n\"text\"\n",
         Repeat(" ", 200) + "[]" + Repeat("\n", 200)});
}

TEST_P(JsonFactsTest, TakesLiterals) { Takes({"true", "false", "null", "[true]", "[false]", "[null]", " true "}); }

TEST_P(JsonFactsTest, TakesNumbersOfEveryForm) {
  Takes({"0",   "-0",   "7",     "-7",  "70",  "-700", "0.7",  "-0.7",   "70.07",   "0e7",
         "0E7", "0e+7", "0e-07", "7e7", "7E7", "7e+7", "7E-7", "7.0e70", "7.7E+77", "-7e-7"});
}

TEST_P(JsonFactsTest, TakesStringsWithEveryEscape) {
  Takes({R"("")",
         R"("a")",
         R"(" ")",
         R"("\"")",
         R"("\\")",
         R"("\/")",
         R"("/")",
         R"("\b\f\n\r\t")",
         R"("\\n")",
         R"("\\u0061")",
         R"("\u0061\u30AF\u30ea")",
         R"("\u0000")",
         R"("\u0022\u005c")",
         R"("\u000a")",
         R"("\uffff")",
         R"("\ufdd0\ufffe")",
         R"("\u00A0\u2028")",
         R"("\ud83d\ude39")",
         R"("\ud83d\ude39\ud83d\udc8d")",
         R"("\uD800\uDC00\udbff\udfff")",
         R"("a/*b*/c//d\"e#f")",
         R"("[{\"a\":1},]")"});
}

TEST_P(JsonFactsTest, TakesStringsOfAnyCharacterAboveTheControls) {
  Takes({"\"\x7F\"", "\"a\x7F\x62\"", "\"\xC2\x80\"", "\"\xC3\xBC\"", "\"\xCF\x80\"", "\"\xE2\x82\xAC\"",
         "\"\xE2\x80\xA8\xE2\x80\xA9\"", "\"\xE2\x80\x8B\xE2\x81\xA4\"", "\"\xEF\xB7\x90\"", "\"\xEF\xBF\xBE\"",
         "\"\xEF\xBF\xBF\"", "\"\xF0\x9B\xBF\xBF\"", "\"\xF0\x9F\xBF\xBE\"", "\"\xF0\x9D\x84\x9E\"",
         "\"\xF4\x8F\xBF\xBF\"", "\"A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x92\xA9\\n\"", "{\"\xD0\xBA\":\"\xD0\xB7\"}"});
}

// --- What must be refused --------------------------------------------------------------------------------------

TEST_P(JsonFactsTest, RefusesNothingAtAllAndWhatIsNoValue) {
  Refuses({"",   " ", "\n",  "*",   "#",     "<>",        "<null>", ";",  ",",       ":",     "]", "}",   "'",
           "\"", "`", "abc", "[*]", "[abc]", "{\"a\":*}", "$",      "\\", "\\u0061", "\\n[]", "-", "(1)", "@"});
}

TEST_P(JsonFactsTest, RefusesArraysThatAreNot) {
  Refuses({"[1 true]", "[1 2]", "[\"a\" \"b\"]", "[\"a\"\"b\"]", "[1:2]", "[\"a\":1]", "[1;2]", "[,]",
           "[,1]",     "[1,]",  "[1,,]",         "[1,,2]",       "[,,]",  "[[]1]",     "[1[]]", "[[][]]",
           "[{}{}]",   "[1]]",  "[[]]]",         "[1}",          "[}",    "[\"a\"}",   "[1],",  "[1];",
           "[1]a",     "[1]1",  "[1]\"\"",       "[][]",         "[]{}"});
}

TEST_P(JsonFactsTest, RefusesArraysWithoutAnEnd) {
  Refuses({"[",   "[[", "[1",  "[1,",  "[1,\n2\n,3", "[\"a\"", "[\"a\",",        "[\"a",
           "[\"", "[{", "[{}", "[{\"", "[{\"a\":[",  "[tru",   "[fals",          "[nul",
           "[a",  "[-", "[1.", "[,",   "[']",        "[\n\n,", Repeat("[", 300), Repeat("[{\"a\":", 100)});
}

TEST_P(JsonFactsTest, RefusesObjectsThatAreNot) {
  Refuses({"{1:1}",
           "{null:1,null:2}",
           "{[]:1}",
           "{{}:1}",
           "{true:false}",
           "{9e999:1}",
           "{a:\"b\"}",
           "{'a':0}",
           "{\"a\"}",
           "{\"a\" 1}",
           "{\"a\" \"b\"}",
           "{\"a\":}",
           "{\"a\",1}",
           "{\"a\"=1}",
           "{\"a\"::1}",
           "{:1}",
           "{:}",
           "{,}",
           "{\"a\":1,}",
           "{\"a\":1,,}",
           "{\"a\":1,,\"b\":2}",
           "{,\"a\":1}",
           "{\"a\":1 \"b\":2}",
           "{\"a\":1;\"b\":2}",
           "{\"a\":1:2}",
           "{\"a\":1,2}",
           "{\"a\":1,\"b\"}",
           "{\"a\":1,{}}",
           "{\"a\":b}",
           "{\"a\":'b'}",
           "{\"a\":1]",
           "{]",
           "{\"a\":[1}",
           "{\"a\":{]}",
           "{\"a\":1}}",
           "{}}",
           "{},",
           "{}{}",
           "{}#",
           "{} a",
           "{\"a\":1}\"b\"",
           "{\"a\":1/**/}",
           "{\xF0\x9F\x87\xAB}",
           "{\"a\":\"b\"}/**/",
           "{\"a\":1}//",
           "{\"a\":1}/",
           "{\"a\":1}/*"});
}

TEST_P(JsonFactsTest, RefusesObjectsWithoutAnEnd) {
  Refuses({"{", "{{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,\"", "{\"a\":\"b",
           "{\"a\":[", "{\"a\":{", "{\"a\":{}", "{[", "{,", "{'a'", "{ ", "{\"a\":tru", Repeat("{\"a\":", 100)});
}

TEST_P(JsonFactsTest, RefusesNumbersOfOtherForms) {
  Refuses({"+7",    "++7",   "--7",   "-+7",   "+-7",      "- 7",   "-a",   "07",    "-07",       "00",       "-00",
           "007",   "0.",    "-7.",   "7.",    "7.e7",     "0.e7",  ".7",   "-.7",   ".",         "-.",       ".e1",
           "7.7.7", "7..7",  "7e",    "7E",    "7e+",      "7E-",   "7.0e", "7.0e+", "7ee7",      "7eE7",     "7e7e7",
           "7e7.7", "7e+-7", "7e--7", "7e 7",  "7 e7",     "7 .7",  "7.-7", "0x7",   "0x",        "0xAF",     "0b1",
           "0o7",   "1_000", "1'000", "1 000", "7+7",      "7-7",   "7a",   "7.7a",  "-7b",       "7f",       "7L",
           "1e1a",  "Inf",   "-Inf",  "+Inf",  "Infinity", "NaN",   "-NaN", "nan",   "-Infinity", "infinity", "1/2",
           "1%",    "1,000", "e7",    "E7",    "7\\u0037", "7\"7\""});
}

TEST_P(JsonFactsTest, RefusesNumbersWithOtherDigitsOrBrokenBytes) {
  Refuses({"\xEF\xBC\x97", "7\xEF\xBC\x97", "\xD9\xA7", "7\xC3", "7\xE5", "-7.7\xE5", "7e\xE5", "7e7\xE5", "0\xE5",
           "-\xE5", "7\xC2\xA0", "[7\xE5]", "[7e\xE5]"});
}

TEST_P(JsonFactsTest, RefusesLiteralsOfOtherForms) {
  Refuses({"True",      "TRUE",       "tRue",  "False",    "Null",      "NULL",   "tru",          "fals",
           "nul",       "t",          "f",     "n",        "truee",     "falsee", "nulll",        "nullnull",
           "truefalse", "true1",      "1true", "null\"\"", "\"\"null",  "-true",  "true false",   "t rue",
           "nu\nll",    "tr\\u0075e", "none",  "nil",      "undefined", "yes",    "true\xC3\xA9", "true\x01"});
}

TEST_P(JsonFactsTest, RefusesStringsWithOtherEscapes) {
  Refuses({R"("\a")",
           R"("\x61")",
           R"("\'")",
           R"("\0")",
           R"("\v")",
           R"("\ ")",
           R"("\U0061")",
           R"("\N")",
           R"("\u")",
           R"("\u6")",
           R"("\u006")",
           R"("\u00 61")",
           R"("\u006g")",
           R"("\ug061")",
           R"("\u-061")",
           R"("\u+061")",
           R"("\u{61}")",
           R"("\uD83D\uDE3")",
           R"("\uD83D\u")",
           R"("\uD83D\uD")",
           R"("\uD83D\uDE3g")",
           R"("\uD83D\x")",
           R"("\uD83D\)",
           R"("\\\")",
           R"("\")",
           R"("\)",
           R"("a\)",
           R"("\u00)",
           "\"\\\t\"",
           "\"\\\n\"",
           "\"\\\0\""s,
           "\"\\\x7F\"",
           "\"\\\xC3\xA9\"",
           "\"\\\xF0\x9F\x98\x80\"",
           "\"\\u\xE5\"",
           "\"\\\xE5\"",
           "\"\\u00\xC3\xA9\""});
}

TEST_P(JsonFactsTest, RefusesStringsWithControlsOrOtherQuotes) {
  for (int control = 0; control < 0x20; ++control) {
    const string byte(1, static_cast<char>(control));
    Refuses({"\"" + byte + "\"", "\"a" + byte, "\"" + string(70, 'a') + byte + "\""});
  }
  Refuses({"\"a", "'a'", "'", "a", "a\"", "\"a'", "\"a\"b\"", "\"a\"x", "\"a\"1", "\"a\"\"",
           "\xE2\x80\x9C\x61\xE2\x80\x9D", "\xC3\xA9", "[\xC3\xA9]", "`a`", "\"a\\\"", "\"\"\"\""});
}

TEST_P(JsonFactsTest, RefusesCommentsAndWhatOthersCallWhiteSpace) {
  Refuses({"/**/",   "//",         "[]//",       "[]/**/",         "[1/*2*/]",       "#\n[]",          "[]\n#",
           "[//\n]", "\f[]",       "[]\f",       "[\f]",           "[1\f]",          "[\v1]",          "\v",
           "\x1F[]", "\xC2\xA0[]", "[\xC2\xA0]", "\xE2\x80\x8B[]", "[\xE2\x81\xA0]", "\xE2\x80\xA8[]", "\x85[]",
           "\b[]",   "[]\x1A"});
}

TEST_P(JsonFactsTest, RefusesANulByteOutsideAnEscape) {
  Refuses({"\0"s, "\0[]"s, "[\0]"s, "[]\0"s, "[1\0]"s, "{\0}"s, "\"\0\""s, "nul\0"s, "7\0"s, "\"a\"\0"s});
}

// --- What RFC 8259 leaves open -----------------------------------------------------------------------------------

// We take them: their value matters only as a ts or a uid.
TEST_P(JsonFactsTest, DecidesThatNumbersMayBeLargerOrFinerThanAnyMachineNumber) {
  Takes({"4e999", "-4e999", "4e-999", "-4e-999", "44e+4444444444", "-44e+4444444444", "0.4e4444444444444444444",
         "4.4e-4444444444444444444", "-4" + string(40, '4'), "4" + string(400, '4'), "-4" + string(400, '4') + ".4e4",
         "0.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000004",
         "4." + string(400, '4'), "4e00000000000000000000000000000000000000000000000000000000000000000000004"});
  EXPECT_EQ(Uid("10000000000000000333"), "7 10000000000000000333") << "as its own text, to the last digit";
  EXPECT_EQ(Uid("-9223372036854775809"), "7 -9223372036854775809");
  EXPECT_EQ(Uid("1.000000000000000003"), "bad_uid");
}

// The last one counts, as most readers have it.
TEST_P(JsonFactsTest, DecidesThatOfEqualKeysTheLastCounts) {
  EXPECT_EQ(Answer(R"({"ts":1,"uid":"a","uid":"b","ts":2,"ts":3})"), "3 b");
  EXPECT_EQ(Answer(R"({"ts":1,"uid":"a","uid":"a"})"), "1 a");
  EXPECT_EQ(Answer(R"({"ts":1,"uid":"a","uid":[]})"), "bad_uid");
  EXPECT_EQ(Answer(R"({"uid":0,"ts":1,"uid":-0})"), "1 -0");
}

// Keys and users are compared by their characters: no form of Unicode is made of another.
TEST_P(JsonFactsTest, DecidesThatCharactersAreNotNormalized) {
  EXPECT_EQ(Uid("\"\xC3\xA9\""), "7 \xC3\xA9");
  EXPECT_EQ(Uid("\"e\xCC\x81\""), "7 e\xCC\x81");
  EXPECT_EQ(Uid(R"("\u00e9")"), "7 \xC3\xA9");
  EXPECT_EQ(Answer("{\"ts\xCC\x81\":1,\"\xEF\xBD\x94s\":2,\"uid\":\"u\"}"), "no_ts");
}

// No character, so no text: what would be written for it on the way out?
TEST_P(JsonFactsTest, DecidesThatHalfASurrogatePairIsAnError) {
  Refuses({R"("\uD83D")", R"("\uDE39")", R"("\ud83dabc")", R"("a\uDE39b")", R"("\uD83D\uD83D")", R"("\uDE39\uD83D")",
           R"("\uDE39\uDE39")", R"("\uD83D\n")", R"("\uD83D\\uDE39")", R"("\uD83D\u0061")", R"("\uD83D\uE000")",
           R"("\uD83D\uDBFF\uDE39")", R"("\uD83Du0061")", R"("\uDBFF")", R"("\uDC00\uDC00")", R"({"\uDFAA":0})",
           R"(["\uD83D\uDE39\uDE39"])", "\"\\uD83D\" "});
}

// As RFC 3629 has it, and nobody else's.
TEST_P(JsonFactsTest, DecidesThatWhatIsNotUtf8IsAnError) {
  Refuses({"\"\xFF\"",
           "\"\xFE\"",
           "\"\xE9\"",
           "\"a\xE5\"",
           "\"\x81\"",
           "\"\xBF\x80\"",
           "\"\xC0\xAF\"",
           "\"\xC1\x81\"",
           "\"\xE0\x80\xAF\"",
           "\"\xE0\x9F\xBF\"",
           "\"\xE0\xFF\"",
           "\"\xED\xA0\x80\"",
           "\"\xED\xBF\xBF\"",
           "\"\xED\xA1\x8C\xED\xBE\xB4\"",
           "\"\xE6\x97\"",
           "\"\xE6\x97\xA5\xD1\x88\xFA\"",
           "\"\xF0\x80\x80\xAF\"",
           "\"\xF0\x9F\x98\"",
           "\"\xF4\x90\x80\x80\"",
           "\"\xF5\x80\x80\x80\"",
           "\"\xF8\x88\x80\x80\x80\"",
           "\"\xFC\x83\xBF\xBF\xBF\xBF\"",
           "\"\xFC\x80\x80\x80\x80\x80\"",
           "{\"\xB8\":0}",
           "[\"\xC3\"]",
           "[\xFF]",
           "\xFF",
           "\xE5",
           "[]\xE5"});
}

// RFC 8259 lets us ignore a mark in front; we would rather know of a producer that writes one. Other encodings it
// rules out.
TEST_P(JsonFactsTest, DecidesThatAByteOrderMarkAndOtherEncodingsAreErrors) {
  Refuses({"\xEF\xBB\xBF", "\xEF\xBB\xBF{}", "\xEF\xBB\xBF[]", "\xEF\xBB{}", "\xEF[]", "\xFF\xFE[\0]\0"s,
           "\xFE\xFF\0[\0]"s, "[\0\"\0\xE9\0\"\0]\0"s, "\0[\0\"\0\xE9\0\"\0]"s, "\xFF\xFE\0\0[\0\0\0]\0\0\0"s});
}

TEST_P(JsonFactsTest, DecidesThat512ContainersAreDeepEnough) {
  const auto deep = [](size_t depth) { return Repeat("[", depth) + Repeat("]", depth); };
  Takes({deep(500)});
  Refuses({deep(513), deep(2'000), Repeat("[", 2'000), Repeat("{\"a\":", 2'000) + Repeat("}", 2'000)});
}

// --- What is read ------------------------------------------------------------------------------------------------

TEST_P(JsonFactsTest, ReadsEveryEscapeAsItsCharacter) {
  EXPECT_EQ(Uid(R"("\"\\\/\b\f\n\r\t")"), "7 \"\\/\b\f\n\r\t");
  EXPECT_EQ(Uid(R"("\u0061\u30AF\u30ea")"), "7 a\xE3\x82\xAF\xE3\x83\xAA");
  EXPECT_EQ(Uid(R"("\u0000x")"), "7 \0x"s);
  EXPECT_EQ(Uid(R"("\u007f\u0080\u07FF\u0800\uffff")"), "7 \x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
  EXPECT_EQ(Uid(R"("\ud83d\ude39\uD800\uDC00\udbff\uDFFF")"), "7 \xF0\x9F\x98\xB9\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  EXPECT_EQ(Uid(R"("\\u0061\\\u0061\\\\n")"), R"(7 \u0061\a\\n)");
  EXPECT_EQ(Answer(R"({"\u0074\u0073":"\u0037","\u0075\u0069\u0064":"\u0075"})"), "7 u");
  for (const char* const ts : {R"(\u0074s)", R"(t\u0073)"}) {
    EXPECT_EQ(Answer("{\"ts\":1,\"uid\":\"u\",\""s + ts + "\":7}"), "7 u") << ts;
  }
  for (const char* const uid : {R"(\u0075id)", R"(u\u0069d)", R"(ui\u0064)"}) {
    EXPECT_EQ(Answer("{\"uid\":\"a\",\"ts\":7,\""s + uid + "\":\"u\"}"), "7 u") << uid;
  }
  EXPECT_EQ(Answer(R"({"\u0054s":1,"ts\u0000":2,"\u0000ts":3,"t\\u0073":4,"uid":"u"})"), "no_ts");
}

}  // namespace
}  // namespace headcount::test
