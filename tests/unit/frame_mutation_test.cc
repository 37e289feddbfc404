// Whatever happens to one byte of a frame, the scanner answers what the reference decoder answers, with every kernel.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>

#include "tests/support/oracle.h"
#include "tests/unit/kernel_comparison.h"
#include "tests/unit/small_frames.h"

namespace headcount::test {
namespace {

using std::string;

class FrameMutationTest : public testing::TestWithParam<SmallFrames> {
 protected:
  void TearDown() override { EXPECT_GT(kernels_.frames(), 100U); }

  KernelComparison kernels_;
};

INSTANTIATE_TEST_SUITE_P(SmallFrames, FrameMutationTest, testing::ValuesIn(AllSmallFrames()),
                         [](const auto& test) { return test.param.what; });

TEST_P(FrameMutationTest, EveryOtherByteAtEveryPlaceIsReadAsTheReferenceReadsIt) {
  for (const string& frame : GetParam().frames) {
    string mutant = frame;
    for (size_t at = 0; at < frame.size(); ++at) {
      for (int change = 1; change < 256; ++change) {
        mutant[at] = static_cast<char>(frame[at] ^ change);
        ASSERT_TRUE(kernels_.AgreesOn(mutant)) << "byte " << at;
      }
      mutant[at] = frame[at];
    }
    ASSERT_TRUE(kernels_.AgreesOn(mutant)) << "unharmed";
  }
}

TEST_P(FrameMutationTest, LostRepeatedExchangedAndMissingLastBytesAreReadAsTheReferenceReadsThem) {
  for (const string& frame : GetParam().frames) {
    for (size_t at = 0; at < frame.size(); ++at) {
      string lost = frame;
      lost.erase(at, 1);
      ASSERT_TRUE(kernels_.AgreesOn(lost)) << "byte " << at;
      string repeated = frame;
      repeated.insert(at, 1, frame[at]);
      ASSERT_TRUE(kernels_.AgreesOn(repeated)) << "byte " << at;
      string exchanged = frame;
      if (at != 0) std::swap(exchanged[at], exchanged[at - 1]);
      ASSERT_TRUE(kernels_.AgreesOn(exchanged)) << "byte " << at;
      ASSERT_TRUE(kernels_.AgreesOn(frame.substr(0, at)));
      // The same with a bracket behind, without which the scanner does not even begin.
      ASSERT_TRUE(kernels_.AgreesOn(frame.substr(0, at) + "}"));
      ASSERT_TRUE(kernels_.AgreesOn("{" + frame.substr(at)));
    }
  }
}

// Or the tests above would only show that what is wrong stays wrong.
TEST(SmallFramesTest, AreValidUnlessTheirGroupIsOfOthers) {
  for (const SmallFrames& group : AllSmallFrames()) {
    if (group.what == "Values" || group.what == "OtherKinds") continue;
    for (const string& frame : group.frames) {
      EXPECT_TRUE(std::holds_alternative<OracleFrame>(OracleDecode(frame))) << frame;
    }
  }
}

}  // namespace
}  // namespace headcount::test
