// Escapes are found block by block and looked at one by one in the end (common/decode/json/scan/unicode.h): each must
// be seen wherever it meets a block's edge or the frame's end, and only such as may spell a name are left to the
// reference.
#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/support/random.h"
#include "tests/unit/frame_text.h"
#include "tests/unit/kernel_comparison.h"

namespace headcount::test {
namespace {

using std::string;

class ScanEscapesTest : public testing::Test {
 protected:
  // A uid of that text, behind so many other bytes.
  static string Frame(size_t shift, const string& uid, const string& behind) {
    return Joined({"{\"\":\"", string(shift, 'y'), "\",\"ts\":7,\"uid\":\"", uid, behind});
  }

  KernelComparison kernels_;
};

TEST_F(ScanEscapesTest, AnEscapeAtAnyPlaceOfTheLast70BytesIsRead) {
  for (const char* const escape : {"\\u00e9", "\\u20AC", "\\ud83d\\ude00", "\\uDBFF\\uDFFF\\n", "\\udead", "\\uD800"}) {
    for (size_t shift = 0; shift < kBlockBytes; ++shift) {
      for (size_t behind = 0; behind <= 70; ++behind) {
        ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, escape + string(behind, 'x'), "\"}")));
      }
    }
  }
  EXPECT_EQ(kernels_.valid_frames(), kernels_.frames() * 2 / 3);
}

TEST_F(ScanEscapesTest, AnEscapeCutShortIsRefusedWhereverItIs) {
  for (const string escape : {"\\u00e9", "\\ud83d\\ude00", "\\\\\\u20ac", "\\uDBFF\\uDFFF"}) {
    for (size_t length = 1; length < escape.size(); ++length) {
      const string part = escape.substr(0, length);
      for (size_t shift = 0; shift < kBlockBytes; ++shift) {
        for (const char* const behind : {"", "}", "\"", "\"}", "g\"}", "\",\"\":\"u0061\"}", " \"}", "-123\"}"}) {
          ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, part, behind)));
          ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, part + part, behind)));
        }
      }
    }
  }
}

TEST_F(ScanEscapesTest, EachOfTheFourDigitsMustBeOne) {
  for (size_t digit = 0; digit < 4; ++digit) {
    for (int byte = 0; byte < 256; ++byte) {
      for (const char* const digits : {"0000", "ffff", "ABCD", "d83d"}) {
        string uid = string("\\u") + digits;
        uid[2 + digit] = static_cast<char>(byte);
        ASSERT_TRUE(kernels_.AgreesOn(Frame(static_cast<size_t>(byte) % kBlockBytes, uid, "\"}")));
        ASSERT_TRUE(kernels_.AgreesOn(Frame(static_cast<size_t>(byte) % kBlockBytes, uid, "\\ude00\"}")));
      }
    }
  }
}

// --- Surrogates ---------------------------------------------------------------------------------------------------

TEST_F(ScanEscapesTest, SurrogatesStandInPairsWhateverIsBetweenThemAndWhereverABlockEnds) {
  const std::vector<string> pieces = {"\\ud83d", "\\uDE00", "\\uD7ff", "\\ue000",  "\\n",
                                      "\\\\",    "x",       "u",       "\xC3\xA9", "\",\"\":\""};
  const uint64_t seed = 3;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const string& first : pieces) {
    for (const string& second : pieces) {
      for (size_t shift = 0; shift < kBlockBytes; ++shift) {
        const string two = first + second;
        ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, two, "\"}")));
        ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, two + pieces[random.Below(pieces.size())], "\"}")));
        ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, pieces[random.Below(pieces.size())] + two + "\\ude00", "\"}")));
      }
    }
  }
  EXPECT_GT(kernels_.valid_frames(), kernels_.frames() / 5);
}

TEST_F(ScanEscapesTest, HalvesOfAPairAreNoPairIfTheyAreApart) {
  for (const size_t apart : {1U, 6U, 50U, 57U, 58U, 59U, 64U, 122U, 128U, 600U}) {
    for (size_t shift = 0; shift < kBlockBytes; ++shift) {
      ASSERT_TRUE(kernels_.AllSay(scan::Verdict::kNotJson,
                                  Frame(shift, Joined({"\\ud83d", string(apart, 'x'), "\\ude00"}), "\"}")));
      ASSERT_TRUE(kernels_.AllSay(scan::Verdict::kNotJson, Frame(shift, "\\ude00" + string(apart, 'x'), "\"}")));
      ASSERT_TRUE(kernels_.AllSay(scan::Verdict::kNotJson, Frame(shift, "\\ud83d" + string(apart, 'x'), "\"}")));
      ASSERT_TRUE(kernels_.AllSay(scan::Verdict::kObject, Frame(shift, "\\ud83d\\ude00" + string(apart, 'x'), "\"}")));
    }
  }
}

// --- Names --------------------------------------------------------------------------------------------------------

TEST_F(ScanEscapesTest, OfAllCodeUnitsOnlyTheLettersOfTheNamesAreLeftToTheReference) {
  const char* const lower = "0123456789abcdef";
  const char* const upper = "0123456789ABCDEF";
  for (unsigned unit = 0; unit < 0x1'0000; ++unit) {
    if (unit >> 11 == 0xD800 >> 11) continue;  // a surrogate
    const char* const hex = unit % 3 == 0 ? upper : lower;
    const string escape = {'\\', 'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};
    const bool in_name = unit == 'd' || unit == 'i' || unit == 's' || unit == 't' || unit == 'u';
    const scan::Verdict verdict = in_name ? scan::Verdict::kAskReference : scan::Verdict::kObject;
    ASSERT_TRUE(kernels_.AllSay(verdict, Frame(unit % kBlockBytes, escape, "\"}")));
    if (unit >= 0x200 && unit % 0x100 != 't') continue;
    for (const char* const rest : {"\":1}", "s\":1}", "id\":1}", "\\u0020\":1}"}) {
      ASSERT_TRUE(kernels_.AgreesOn(Joined({"{\"ts\":7,\"uid\":\"u\",\"", escape, rest})));
      ASSERT_TRUE(kernels_.AllSay(verdict, Joined({"{\"ts\":7,\"uid\":\"u\",\"", escape, rest})));
    }
  }
}

TEST_F(ScanEscapesTest, NamesAreReadHoweverTheirLettersAreWritten) {
  // Of each letter as it is, as an escape, and as one that is another letter.
  const auto spellings = [](const std::vector<std::vector<string>>& letters) {
    std::vector<string> all = {""};
    for (const std::vector<string>& letter : letters) {
      std::vector<string> longer;
      for (const string& begun : all) {
        for (const string& next : letter) longer.push_back(begun + next);
      }
      all = longer;
    }
    return all;
  };
  std::vector<string> names = spellings({{"t", "\\u0074", "\\u0054", "\\t"}, {"s", "\\u0073", "\\u0173", "\\u7300"}});
  for (const string& name :
       spellings({{"u", "\\u0075", "\\u0065"}, {"i", "\\u0069", "\\u006A"}, {"d", "\\u0064", "\\u0044"}})) {
    names.push_back(name);
  }
  for (const string& name : names) {
    for (size_t shift = 0; shift < kBlockBytes; ++shift) {
      const string member = Joined({"\"", name, "\":\"5\""});
      const string filler = "\"\":\"" + string(shift, 'x') + "\",";
      ASSERT_TRUE(kernels_.AgreesOn(Joined({"{", filler, member, "}"})));
      ASSERT_TRUE(kernels_.AgreesOn(Joined({"{\"ts\":7,\"uid\":\"u\",", filler, member, "}"})));
      ASSERT_TRUE(kernels_.AgreesOn(Joined({"{", filler, member, ",\"ts\":7,\"uid\":\"u\"}"})));
      ASSERT_TRUE(kernels_.AgreesOn(Joined({"{\"ts\":7,\"uid\":\"u\",", filler, "\"x\":{", member, "}}"})));
    }
  }
  EXPECT_GT(kernels_.valid_frames(), kernels_.frames() / 2);
}

// --- Backslashes --------------------------------------------------------------------------------------------------

TEST_F(ScanEscapesTest, ARunOfAnyLengthOfBackslashesIsReadWhereverItEnds) {
  for (size_t run = 1; run <= 130; ++run) {
    const string backslashes(run, '\\');
    for (size_t shift = 0; shift < kBlockBytes; ++shift) {
      ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, backslashes, "\"}")));
      ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, backslashes, "\"\"}")));
      ASSERT_TRUE(kernels_.AgreesOn(Frame(shift, backslashes, "u00e9x\\\"\"}")));
    }
  }
  EXPECT_GT(kernels_.valid_frames(), kernels_.frames() / 3);
}

}  // namespace
}  // namespace headcount::test
