// Every short row of the pieces that JSON is made of: the scanner takes and refuses what the reference decoder does,
// with every kernel, wherever the row meets a block's edge.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/kernel_comparison.h"

namespace headcount::test {
namespace {

using std::string;

class ScanGrammarTest : public testing::Test {
 protected:
  // All rows of up to so many pieces, each in a frame between `before` and `behind`. The rows stand at any place of a
  // block: of the frame behind spaces, of the outline behind a number.
  void CompareRows(const std::vector<string>& pieces, size_t length, const string& before, const string& behind) {
    std::vector<size_t> row;
    do {
      string text;
      for (const size_t piece : row) text += pieces[piece];
      const size_t turn = Random::Mix(kernels_.frames()) % 64;
      ASSERT_TRUE(kernels_.AgreesOn("{" + string(turn, ' ') + before + text + behind));
      ASSERT_TRUE(kernels_.AgreesOn("{\"\":1" + string(turn, '0') + "," + before + text + behind));
    } while (Next(&row, pieces.size()) && row.size() <= length);
    EXPECT_GT(kernels_.frames(), 3'000U);
  }

  KernelComparison kernels_;

 private:
  // Counts on, with as many figures as it takes.
  static bool Next(std::vector<size_t>* row, size_t figures) {
    for (size_t& figure : *row) {
      if (++figure < figures) return true;
      figure = 0;
    }
    row->push_back(0);
    return true;
  }
};

TEST_F(ScanGrammarTest, RowsOfTokensInAnObjectAreReadAlike) {
  CompareRows({"{", "}", "[", "]", ",", ":", "\"ts\"", "1", " ", "null"}, 5, "\"x\":", "}");
}

TEST_F(ScanGrammarTest, RowsOfTokensAsMembersAreReadAlike) {
  CompareRows({"{", "}", "[", "]", ",", ":", "\"ts\"", "\"uid\"", "7"}, 5, "", "}");
}

TEST_F(ScanGrammarTest, RowsOfTokensInAnArrayAreReadAlike) {
  CompareRows({"[", "]", ",", "\"\"", "1", "\n", "true", "{}"}, 5, "\"ts\":7,\"uid\":\"u\",\"x\":[", "]}");
}

TEST_F(ScanGrammarTest, RowsOfWhatNumbersAreMadeOfAreReadAlike) {
  CompareRows({"0", "1", "-", "+", ".", "e"}, 6, "\"x\":", "}");
}

TEST_F(ScanGrammarTest, RowsOfWhatTsAndUidAreMadeOfAreReadAlike) {
  CompareRows({"0", "12", "-", ".", "E", "\""}, 4, "\"uid\":\"u\",\"ts\":", "}");
  CompareRows({"0", "12", "-", ".", "E", "\""}, 4, "\"ts\":7,\"uid\":", "}");
}

TEST_F(ScanGrammarTest, RowsOfWhatLiteralsAreMadeOfAreReadAlike) {
  CompareRows({"true", "false", "null", "t", "e", "n", "1", " ", ","}, 4, "\"x\":[", "]}");
}

TEST_F(ScanGrammarTest, RowsOfWhatEscapesAreMadeOfAreReadAlike) {
  CompareRows({"\\", "\"", "u", "n", "00", "x"}, 6, "\"ts\":7,\"uid\":\"", "\"}");
}

TEST_F(ScanGrammarTest, RowsOfWhatSurrogatesAreMadeOfAreReadAlike) {
  CompareRows({"\\u", "\\", "d83", "dC0", "D7f", "0", "e"}, 5, "\"ts\":7,\"uid\":\"", "\"}");
}

// --- UTF-8 --------------------------------------------------------------------------------------------------------

class ScanUtf8Test : public testing::Test {
 protected:
  // Between two others, across a block's edge: `ahead` of its bytes before it.
  static string Frame(const string& bytes, size_t ahead) {
    const string head = R"({"ts":7,"uid":")";
    return head + string(65 - head.size() - ahead, 'x') + bytes + "x\"}";
  }

  KernelComparison kernels_;
};

TEST_F(ScanUtf8Test, EveryPairOfBytesIsReadAlike) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const string pair = {static_cast<char>(first), static_cast<char>(second)};
      ASSERT_TRUE(kernels_.AgreesOn(Frame(pair, static_cast<size_t>(first + second) % 4)));
    }
  }
}

TEST_F(ScanUtf8Test, EveryThreeAndFourBytesNextToALimitOfTheEncodingAreReadAlike) {
  const string first = "\x7F\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xFF";
  const string others = "\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xE0\xED\xF0\xFF";
  size_t ahead = 0;
  for (const char a : first) {
    for (const char b : others) {
      for (const char c : others) {
        ASSERT_TRUE(kernels_.AgreesOn(Frame({a, b, c}, ahead++ % 5)));
        for (const char d : others) ASSERT_TRUE(kernels_.AgreesOn(Frame({a, b, c, d}, ahead++ % 5)));
      }
    }
  }
}

}  // namespace
}  // namespace headcount::test
