// The scanner matches brackets in groups of up to 64, which begin where a block of the outline does, and those that
// open and close one behind the other apart from the rest: whatever they hold must be seen wherever a group ends.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/frame_text.h"
#include "tests/unit/kernel_comparison.h"

namespace headcount::test {
namespace {

using std::string;

std::vector<size_t> PlacesOfBrackets(const string& frame) {
  std::vector<size_t> places;
  for (size_t at = frame.find_first_of("{}[]"); at != string::npos; at = frame.find_first_of("{}[]", at + 1)) {
    places.push_back(at);
  }
  return places;
}

// With one bracket exchanged, lost, or doubled.
string Harmed(const string& frame, Random* random) {
  string harmed = frame;
  const std::vector<size_t> places = PlacesOfBrackets(frame);
  const size_t at = places[random->Below(places.size())];
  static constexpr char kBrackets[] = {'{', '}', '[', ']'};
  switch (random->Below(5)) {
    case 0: return harmed.erase(at, 1);
    case 1: return harmed.insert(at, 1, random->Pick(kBrackets));
    default: harmed[at] = random->Pick(kBrackets); return harmed;
  }
}

// --- Groups -------------------------------------------------------------------------------------------------------

// Containers one behind the other in another one.
struct Row {
  string what;
  bool in_object;
  string item;

  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.what; }

  // With `containers` in all, itself one of them, and so many digits between two items.
  string Of(size_t containers, size_t gap) const {
    const string key = in_object ? "\"\":" : "";
    const string digits = gap == 0 ? "" : key + string(gap, '1') + ",";
    const size_t in_item = PlacesOfBrackets(item).size() / 2;
    string text = in_object ? "{" : "[";
    size_t left = containers - 1;
    for (; left >= in_item; left -= in_item) text += Joined({key, item, ",", digits});
    for (; left > 0; --left) text += Joined({key, "[],", digits});
    text.back() = in_object ? '}' : ']';
    return text;
  }
};

std::vector<Row> Rows() {
  return {
      {"ArraysInAnArray", false, "[]"},
      {"ObjectsInAnArray", false, "{}"},
      {"ArraysInAnObject", true, "[]"},
      {"ObjectsInAnObject", true, "{}"},
      {"TwoDeep", false, "[[]]"},
      {"TwoDeepOfBothKinds", true, "{\"ts\":[]}"},
      {"ObjectsWithNames", false, "{\"ts\":1,\"uid\":{\"uid\":\"x\"}}"},
      {"OfAllKinds", false, "[{},[],{\"\":{\"\":[{}]},\"ts\":[0]},[{\"\":[]}]]"},
      {"EightDeep", false, "[[[[[[[[]]]]]]]]"},
  };
}

class ScanBracketsTest : public testing::TestWithParam<Row> {
 protected:
  KernelComparison kernels_;
};

INSTANTIATE_TEST_SUITE_P(Rows, ScanBracketsTest, testing::ValuesIn(Rows()),
                         [](const auto& test) { return test.param.what; });

// With the root's bracket that is an odd number; an even one has a harmed frame only.
TEST_P(ScanBracketsTest, AsManyAsAGroupTakesAndOneMoreOrLessAreMatchedWhereverTheyStand) {
  const uint64_t seed = 63;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const size_t brackets : {61U, 63U, 65U, 127U, 129U}) {
    for (const size_t gap : {0U, 1U, 9U}) {
      for (size_t shift = 0; shift < kBlockBytes; ++shift) {
        const string row = GetParam().Of((brackets - 1) / 2, gap);
        // Behind them blocks without any, or not.
        const string more = shift % 2 == 0 ? "," : "," + LongNumber(3 * kBlockBytes);
        const string frame = Joined({"{", LongNumber(shift), "\"x\":", row, more, "\"ts\":7,\"uid\":\"u\"}"});
        ASSERT_TRUE(kernels_.AgreesOn(frame)) << shift;
        ASSERT_TRUE(kernels_.AllSay(scan::Verdict::kObject, frame)) << shift;
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(kernels_.AgreesOn(Harmed(frame, &random))) << shift;
      }
    }
  }
  EXPECT_GE(kernels_.valid_frames(), kernels_.frames() / 5);
  EXPECT_LT(kernels_.valid_frames(), kernels_.frames() * 2 / 3);
}

TEST(ScanGroupsTest, BlocksOfNothingElseAreMatched) {
  const uint64_t seed = 64;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  KernelComparison kernels;
  for (size_t depth = 28; depth <= 62; ++depth) {
    const string value = string(depth, '[') + string(depth, ']');
    for (size_t shift = 0; shift < kBlockBytes; ++shift) {
      const string frame = Joined({"{", LongNumber(shift), "\"ts\":7,\"x\":", value, ",\"uid\":\"u\"}"});
      ASSERT_TRUE(kernels.AgreesOn(frame));
      ASSERT_TRUE(kernels.AgreesOn(Harmed(frame, &random)));
    }
  }
  EXPECT_GE(kernels.valid_frames(), kernels.frames() / 2);
}

// All rows of up to five tokens, behind so many brackets that a group ends before, in, or behind them.
TEST(ScanGroupsTest, EveryShortRowOfTokensIsReadAlikeWhereAGroupEnds) {
  const std::vector<string> tokens = {"{", "}", "[", "]", ",", "\"\":"};
  KernelComparison kernels;
  for (size_t length = 1; length <= 5; ++length) {
    size_t rows = 1;
    for (size_t i = 0; i < length; ++i) rows *= tokens.size();
    for (size_t number = 0; number < rows; ++number) {
      string row;
      for (size_t i = 0, rest = number; i < length; ++i, rest /= tokens.size()) row += tokens[rest % tokens.size()];
      for (const size_t deep : {24U, 25U, 26U}) {
        for (const char* const ts : {"7", "17"}) {
          const string many = string(deep, '[') + string(deep, ']');
          const string before = Joined({"{\"ts\":", ts, ",\"uid\":\"u\",\"\":", many, ","});
          ASSERT_TRUE(kernels.AgreesOn(Joined({before, "\"\":", row, ",\"ts\":[[[[[[[{}]]]]]]],\"ts\":5}"})));
          ASSERT_TRUE(kernels.AgreesOn(Joined({before, row, "}"})));
        }
      }
    }
  }
  EXPECT_GT(kernels.frames(), 100'000U);
  EXPECT_GE(kernels.valid_frames(), 6U * 6);
}

TEST(ScanGroupsTest, TheOtherKindIsRefusedInAPairAndAroundAGroup) {
  KernelComparison kernels;
  for (const char* const wrong : {"[}", "{]", "[{]}", "{\"\":[}]", "[[}]", "[{]]", "{\"\":{]}", "{\"\":{}]", "[[]}"}) {
    for (size_t pairs = 0; pairs <= 66; ++pairs) {
      for (const char* const pair : {"[],", "{},", "[[]],", "[{}],"}) {
        const string many = Repeat(pair, pairs);
        const string both = Joined({"{\"ts\":7,\"uid\":\"u\",\"x\":[", many, wrong, "]}"});
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, both));
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, Joined({"{\"x\":[", wrong, ",", many, "[]]}"})));
        // The wrong one of two closing brackets, with all others between what it should close and itself.
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, Joined({"{\"x\":[", many, "{}}}"})));
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, Joined({"{\"x\":{\"y\":[", many, "[]]]}"})));
      }
    }
  }
}

// --- The end of the root ------------------------------------------------------------------------------------------

// What stands behind a root that is closed already, and would end it.
std::vector<string> TailsBehindTheRoot() {
  return {"}",
          "{}",
          "[}",
          "]}",
          "{}}",
          "[]}",
          "[]]}",
          ",{}",
          ",\"a\":{}",
          ",\"a\":1}",
          ",\"a\":{}}",
          ",\"a\":[]}",
          ",\"a\":[{}]}",
          ",\"a\":[{}",
          ",\"a\":{\"b\":{}",
          ",\"a\":\"}\"}",
          ",{\"ts\":7,\"uid\":\"u\"}",
          ",\"a\":{\"b\":[]}}",
          ",\"a\":{\"b\":[]}",
          ",\"a\":{\"b\":{}}",
          ",\"a\":{\"b\":1,\"c\":[{}],\"d\":{}}",
          ":{}",
          "1}"};
}

TEST(ScanGroupsTest, NothingMayStandBehindTheRootWhereverItsBracketMeetsAGroupsEnd) {
  const uint64_t seed = 1;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  KernelComparison kernels;
  const std::vector<string> members = {"\"\":[],", "\"\":{\"\":[0]},", "\"\":[{}],"};
  for (const string& tail : TailsBehindTheRoot()) {
    for (size_t containers = 0; containers <= 66; containers += 3) {
      for (size_t shift = 0; shift < kBlockBytes; ++shift) {
        const string& member = members[random.Below(members.size())];
        const string root = Joined({"{", LongNumber(shift), Repeat(member, containers), "\"ts\":7,\"uid\":\"u\"}"});
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kObject, root));
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, root + tail));
        // With more behind it, so that it ends in another group.
        const string many = Repeat(",\"a\":{}", random.Below(70));
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, Joined({root, many, tail})));
        ASSERT_TRUE(kernels.AllSay(scan::Verdict::kNotJson, Joined({root, tail, many, ",\"a\":{}"})));
      }
    }
  }
}

// Then the depth is below nothing, and later it may be anything.
TEST(ScanGroupsTest, MoreClosedThanOpenedIsRefusedWhateverIsOpenedBehind) {
  const uint64_t seed = 2;
  Random random(seed);
  KernelComparison kernels;
  for (int i = 0; i < 3'000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", case " + std::to_string(i));
    string frame = "{" + LongNumber(random.Below(kBlockBytes)) + Repeat("\"\":[],", random.Below(40)) + "\"ts\":7}";
    int64_t open = 0;  // above or below nothing
    const double up = random.Unit();
    for (size_t steps = random.Below(250); steps > 0; --steps) {
      const bool opens = random.Chance(up);
      open += opens ? 1 : -1;
      frame += opens ? (random.Chance(0.5) ? ",\"a\":{\"b\":1" : ",\"a\":[1") : (random.Chance(0.5) ? "}" : "]");
    }
    const bool leave_open = random.Chance(0.2);
    for (; open > 0 && !leave_open; --open) frame += random.Chance(0.9) ? '}' : ']';
    for (; open < 0 && !leave_open; ++open) frame += ",\"a\":{\"b\":1";
    for (const char* const end : {",\"a\":1,\"b\":{\"c\":[]}", "}", ",\"a\":{}", ",\"a\":{\"b\":1}"}) {
      ASSERT_TRUE(kernels.AgreesOn(frame + end));
    }
  }
  EXPECT_EQ(kernels.valid_frames(), 0U);
}

// --- Depth --------------------------------------------------------------------------------------------------------

TEST(ScanGroupsTest, FramesAreLeftToTheReferenceOnlyIfTheyAreDeep) {
  KernelComparison kernels;
  for (size_t depth = 1; depth <= 70; ++depth) {  // the root is one of them
    for (const char* const inner : {"0", "[]", "{}", "[],{}", "[],[[]]"}) {
      const size_t in_inner = inner == string("0") ? 0 : inner == string("[],[[]]") ? 2 : 1;
      if (depth < 2 + in_inner) continue;
      const size_t around = depth - 1 - in_inner;
      for (size_t shift = 0; shift < kBlockBytes; ++shift) {
        const string nested = Joined({string(around, '['), inner, string(around, ']')});
        const string frame = Joined({"{\"ts\":7,\"uid\":\"u\",", LongNumber(shift), "\"x\":", nested, "}"});
        ASSERT_TRUE(kernels.AgreesOn(frame)) << depth;
        if (depth > 60 && depth <= 63) continue;  // either is allowed
        const scan::Verdict verdict = depth <= 60 ? scan::Verdict::kObject : scan::Verdict::kAskReference;
        ASSERT_TRUE(kernels.AllSay(verdict, frame)) << depth;
      }
    }
  }
}

// Of a group all opening brackets but those of pairs are taken to be open at once; 30 deep that is no matter.
TEST(ScanGroupsTest, FramesOf30ContainersAreNeverLeftToTheReferenceHoweverManyThereAre) {
  const uint64_t seed = 30;
  Random random(seed);
  KernelComparison kernels;
  for (int i = 0; i < 3'000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", case " + std::to_string(i));
    string frame = "{\"ts\":7,\"uid\":\"u\"," + LongNumber(random.Below(kBlockBytes)) + "\"x\":[0";
    string open = "}]";  // the brackets that close what is open, the innermost last
    const double up = 0.3 + random.Unit() / 2;
    const char* const between = random.Chance(0.5) ? "," : ",1000,";
    for (size_t steps = random.Below(500); steps > 0; --steps) {
      if (random.Chance(up) && open.size() < 30) {
        const bool object = random.Chance(0.5);
        const char last = frame.back();
        if (last != '[' && last != '{') frame += open.back() == '}' ? string(",") : string(between);
        if (open.back() == '}') frame += "\"uid\":";
        frame += object ? '{' : '[';
        open += object ? '}' : ']';
      } else if (open.size() > 2) {
        frame += open.back();
        open.pop_back();
      }
    }
    frame.append(open.rbegin(), open.rend());
    ASSERT_TRUE(kernels.AgreesOn(frame));
    ASSERT_TRUE(kernels.AllSay(scan::Verdict::kObject, frame));
  }
  EXPECT_EQ(kernels.valid_frames(), kernels.frames());
}

}  // namespace
}  // namespace headcount::test
