// The digits in front are taken as what a reader would take them for, whatever stands behind them.
#include "common/decode/leading_digits.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/support/random.h"

namespace headcount::test {
namespace {

constexpr size_t kBytes = LeadingDigits::kBytes;

std::string SomeDigits(size_t count, Random* random) {
  std::string digits;
  while (digits.size() < count) digits += static_cast<char>('0' + random->Below(10));
  return digits;
}

std::string SomeBytes(size_t count, Random* random) {
  std::string bytes;
  while (bytes.size() < count) bytes += static_cast<char>(random->Below(256));
  return bytes;
}

TEST(LeadingDigitsTest, EndBeforeAnyOtherByteWhateverStandsBehindIt) {
  Random random(7);
  for (size_t count = 0; count < kBytes; ++count) {
    for (int other = 0; other < 256; ++other) {
      if (other >= '0' && other <= '9') continue;
      const std::string digits = SomeDigits(count, &random);
      const std::string bytes = digits + static_cast<char>(other) + SomeBytes(kBytes - count - 1, &random);
      const LeadingDigits leading = LeadingDigitsOf(bytes.data());
      ASSERT_EQ(leading.count, count) << "byte " << other << " behind " << digits;
      ASSERT_EQ(leading.value, count == 0 ? 0 : std::stoull(digits)) << "byte " << other << " behind it";
    }
  }
}

TEST(LeadingDigitsTest, AreAsManyAsThereAreBytesWhereAllAreDigits) {
  EXPECT_EQ(LeadingDigitsOf("1234567890123456").count, kBytes);
}

TEST(LeadingDigitsTest, GiveTheSmallestAndTheLargestOfEachLength) {
  for (size_t count = 1; count < kBytes; ++count) {
    const std::string rest(kBytes - count, ',');
    EXPECT_EQ(LeadingDigitsOf((std::string(count, '0') + rest).data()).value, 0U);
    const std::string largest(count, '9');
    EXPECT_EQ(LeadingDigitsOf((largest + rest).data()).value, std::stoull(largest));
  }
}

}  // namespace
}  // namespace headcount::test
