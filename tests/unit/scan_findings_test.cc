// What the scanner meets in a block it looks at after the last one (common/decode/json/scan/findings.h, utf8.h): in
// whichever blocks there is such a thing, and however many, each must be looked at, and with the bytes around it.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/frame_text.h"
#include "tests/unit/kernel_comparison.h"

namespace headcount::test {
namespace {

using std::string;

// --- Some blocks and others ---------------------------------------------------------------------------------------

// Pieces of a frame that are looked at in the end, right ones and wrong ones, and what stands between them.
struct Pieces {
  string what;
  string head;
  std::vector<string> right;
  std::vector<string> wrong;
  std::function<string(size_t bytes)> filler;
  string tail;

  friend std::ostream& operator<<(std::ostream& out, const Pieces& pieces) { return out << pieces.what; }
};

std::vector<Pieces> AllPieces() {
  const auto text = [](size_t bytes) { return string(bytes, 'x'); };
  const auto numbers = [](size_t bytes) { return string(bytes + 1, '1') + ","; };
  return {
      {"Escapes",
       R"({"ts":7,"uid":"u","x":")",
       {R"(\u00e9)", R"(\u20AC)", R"(\ud83d\ude00)", R"(\uDBFF\uDFFF)"},
       {R"(\u00eg)", R"(\u-0AC)", R"(\ud83dx)", R"(\uDFFF)", R"(\u 000)"},
       text,
       "\"}"},
      {"Utf8",
       R"({"ts":7,"uid":"u","x":")",
       {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF"},
       {"\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xBF", "\xC0\x80", "\xED\xA0\x80"},
       text,
       "\"}"},
      {"Literals",
       R"({"ts":7,"uid":"u","x":[)",
       {"true,", "false,", "null,"},
       {"tru,", "falsy,", "nulL,", "true1,", "x,"},
       numbers,
       "0]}"},
      {"Names",
       R"({"x":{"ts":8,"uid":"v"},)",
       {R"("ts":1,)", R"("uid":"a",)", R"("tid":"ts",)", R"("":{"ts":5},)", R"("":["uid"],)"},
       {R"("ts":"a",)", R"("uid":[],)", R"("ts":{"ts":1},)"},
       [](size_t bytes) { return "\"\":\"" + string(bytes, 'x') + "\","; },
       R"("":0})"},
  };
}

class ScanFindingsTest : public testing::TestWithParam<Pieces> {
 protected:
  KernelComparison kernels_;
};

INSTANTIATE_TEST_SUITE_P(Pieces, ScanFindingsTest, testing::ValuesIn(AllPieces()),
                         [](const auto& test) { return test.param.what; });

TEST_P(ScanFindingsTest, EachPieceIsLookedAtInWhicheverBlockItIs) {
  const Pieces& pieces = GetParam();
  const uint64_t seed = 11;
  Random random(seed);
  for (int i = 0; i < 4'000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", case " + std::to_string(i));
    std::vector<string> row;
    const size_t longest_filler = random.Below(200);
    for (size_t left = 1 + random.Below(40); left > 0; --left) {
      row.push_back(pieces.right[random.Below(pieces.right.size())]);
      if (random.Chance(0.5)) row.back() += pieces.filler(random.Below(1 + longest_filler));
    }
    const auto frame = [&] {
      string all = pieces.head;
      for (const string& piece : row) all += piece;
      return all + pieces.tail;
    };
    ASSERT_TRUE(kernels_.AgreesOn(frame()));
    row[random.Below(row.size())] = pieces.wrong[random.Below(pieces.wrong.size())] + pieces.filler(random.Below(70));
    ASSERT_TRUE(kernels_.AgreesOn(frame()));
  }
  EXPECT_GT(kernels_.valid_frames(), kernels_.frames() / 4);
  EXPECT_LT(kernels_.valid_frames(), kernels_.frames());
}

// --- UTF-8 --------------------------------------------------------------------------------------------------------

TEST(ScanUtf8EdgesTest, ASequenceWholeOrNotIsReadWhereverABlockOrTheFrameEnds) {
  KernelComparison kernels;
  for (const char* const bytes : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xC3", "\xE2", "\xE2\x82", "\xF0",
                                  "\xF0\x9F", "\xF0\x9F\x98", "\xA9", "\xC3\xA9\xA9", "\xE2\x82\xAC\x80"}) {
    for (size_t before = 0; before <= 2 * kBlockBytes; ++before) {
      const string head = Joined({"{\"ts\":7,\"\":\"", string(before, 'x'), "\",\"uid\":\"", bytes});
      for (const size_t behind : {0U, 1U, 2U, 3U, 59U, 60U, 61U, 62U, 63U, 64U}) {
        ASSERT_TRUE(kernels.AgreesOn(Joined({head, string(behind, 'x'), "\"}"})));
      }
      ASSERT_TRUE(kernels.AgreesOn(head + "}"));  // in the place of the closing quote
      ASSERT_TRUE(kernels.AgreesOn(Joined({"{\"ts\":7,\"uid\":\"", string(before, 'x'), "\"", bytes, "}"})));
    }
  }
  EXPECT_GT(kernels.valid_frames(), 3'000U);
}

// What one frame leaves behind in memory is no part of the next.
TEST(ScanUtf8EdgesTest, FramesOfEveryLengthAreReadBehindEachOther) {
  KernelComparison kernels;
  for (size_t length = 0; length <= 2 * kBlockBytes; ++length) {
    for (size_t next = 0; next <= 2 * kBlockBytes; ++next) {
      for (const char* const left : {"\xC3\xA9", "\\\\", "[\\\"", "\\ud83d\\ude00"}) {
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kObject, Joined({"{\"ts\":7,\"uid\":\"", string(length, 'x'),
                                                                   Repeat(left, kBlockBytes / 2), "\"}"})));
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kObject, Joined({"{\"ts\":7,\"uid\":\"", string(next, 'x'), "\"}"})));
      }
    }
  }
}

// --- Literals -----------------------------------------------------------------------------------------------------

TEST(ScanLiteralsTest, LiteralsAndWhatIsNearlyOneAreReadWhereverABlockOfTheOutlineEnds) {
  KernelComparison kernels;
  for (const char* const literal :
       {"true",     "false",     "null",    "tru",    "fals",     "nul",     "truee",       "false1",   "null0",
        "nulL",     "True",      "FALSE",   "falsee", "nulll",    "trux",    "t",           "f",        "n",
        "rue",      "alse",      "ull",     "-true",  "1false",   "0null",   "true-",       "null.",    "nan",
        "nil",      "truefalse", "fal se",  "tr\nue", "t rue",    "nul\x7F", "tru\xC3\xA9", "fals\xEF", "falsE",
        "true\"\"", "null:",     "false{}", "[]true", "\"\"null", "true]",   "null}"}) {
    for (size_t shift = 0; shift < kBlockBytes + 8; ++shift) {
      const string number = "1" + string(shift, '0');
      for (const char* const behind : {"", ",0", " ", " ,[]", "\n"}) {
        ASSERT_TRUE(kernels.AgreesOn(Joined({"{\"x\":[", number, ",", literal, behind, "],\"ts\":7,\"uid\":\"u\"}"})));
      }
      ASSERT_TRUE(kernels.AgreesOn(Joined({"{\"ts\":", number, ",\"uid\":\"u\",\"x\":", literal, "}"})));
      ASSERT_TRUE(kernels.AgreesOn(Joined({"{\"ts\":", number, ",\"uid\":\"u\",\"x\":", literal, ",\"\":0}"})));
    }
  }
  EXPECT_GT(kernels.valid_frames(), kBlockBytes * 3 * 5);
}

TEST(ScanLiteralsTest, OneWrongLiteralAmongManyIsFound) {
  KernelComparison kernels;
  for (const string wrong : {"tru", "falsE", "nulll"}) {
    for (size_t before = 0; before <= 40; ++before) {
      for (size_t behind = 0; behind <= 40; ++behind) {
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, Joined({"{\"x\":[", Repeat("true,null,", before / 2), wrong,
                                                                    ",", Repeat("false,", behind), "0]}"})));
      }
      ASSERT_TRUE(kernels.AllSay(scan::Verdict::kObject, Joined({"{\"x\":[", Repeat("true,null,", before), "0]}"})));
    }
  }
}

}  // namespace
}  // namespace headcount::test
