#include "common/sets/fingerprint.h"

#include <gtest/gtest.h>

#include <string>

namespace headcount {
namespace {

// The 16 bytes of the output in the order in which the SipHash paper's program writes them.
std::string Hex(Fingerprint fingerprint) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint64_t half : {fingerprint.low, fingerprint.high}) {
    for (int shift = 0; shift < 64; shift += 8) {
      hex += kDigits[(half >> (shift + 4)) & 15];
      hex += kDigits[(half >> shift) & 15];
    }
  }
  return hex;
}

std::string FirstBytes(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += static_cast<char>(i & 0xff);
  return bytes;
}

constexpr FingerprintKey kPublishedKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};
constexpr FingerprintKey kOtherKey{0x8899aabbccddeeff, 0x0011223344556677};

TEST(FingerprintTest, IsSipHash24With128BitsByThePublishedVectors) {
  struct Vector {
    size_t length;
    const char* hex;
  };
  // vectors_sip128 of the authors' reference program: key 00..0f, message 00, 01, 02, ...
  static constexpr Vector kVectors[] = {
      {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
      {2, "8177228da4a45dc7fca38bdef60affe4"},  {3, "9c70b60c5267a94e5f33b6b02985ed51"},
      {4, "f88164c12d9c8faf7d0f6e7c7bcd5579"},  {5, "1368875980776f8854527a07690e9627"},
      {6, "14eeca338b208613485ea0308fd7a15e"},  {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},
      {8, "3b62a9ba6258f5610f83e264f31497b4"},  {9, "264499060ad9baabc47f8b02bb6d71ed"},
      {10, "00110dc378146956c95447d3f3d0fbba"}, {11, "0151c568386b6677a2b4dc6f81e5dc18"},
      {12, "d626b266905ef35882634df68532c125"}, {13, "9869e247e9c08b10d029934fc4b952f7"},
      {14, "31fcefac66d7de9c7ec7485fe4494902"}, {15, "5493e99933b0a8117e08ec0f97cfc3d9"},
      {16, "6ee2a4ca67b054bbfd3315bf85230577"}, {17, "473d06e8738db89854c066c47ae47740"},
      {23, "c9d184ddd5a9f5e0cf8ce29a9abf691c"}, {24, "2db479ae78bd50d8882a8a178a6132ad"},
      {31, "2939b0183223fafc1723de4f52c43d35"}, {32, "7c3956ca5eeafc3e363e9d556546eb68"},
      {40, "df6a301e95c95dad97ae0cc8c6913bd8"}, {63, "5150d1772f50834a503e069a973fbd7c"},
  };
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(Hex(FingerprintOf(kPublishedKey, FirstBytes(vector.length))), vector.hex) << "length " << vector.length;
  }
}

// These were made with libsodium's siphashx24.
TEST(FingerprintTest, AgreesWithAnotherImplementationUnderAnotherKey) {
  EXPECT_EQ(Hex(FingerprintOf(kOtherKey, "4d1f3c2e-user")), "fdb0ca2c9b8f211783d54593f0a8cfed");
  EXPECT_EQ(Hex(FingerprintOf(kOtherKey, "\u7528\u6237")), "a35414855afac819c3cb5e5e2648f98e");
  EXPECT_EQ(Hex(FingerprintOf(kOtherKey, FirstBytes(256))), "2e2ca70e2fbb03452ca1b6187718d437");
  EXPECT_EQ(Hex(FingerprintOf(kOtherKey, std::string(300, '\xff'))), "a95c390920b163570bc88f185f55baf1");
}

TEST(FingerprintTest, DoesNotDependOnWhereTheBytesLie) {
  const std::string id = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t length = 0; length <= id.size(); ++length) {
    const Fingerprint expected = FingerprintOf(kPublishedKey, id.substr(0, length));
    for (size_t shift = 0; shift < 8; ++shift) {
      const std::string surrounded = std::string(shift, '#') + id.substr(0, length) + "#######";
      EXPECT_EQ(FingerprintOf(kPublishedKey, std::string_view(surrounded).substr(shift, length)), expected);
    }
  }
}

TEST(FingerprintTest, TellsApartIdsThatDifferOnlyInTheirEnd) {
  EXPECT_NE(FingerprintOf(kPublishedKey, std::string("a\0", 2)), FingerprintOf(kPublishedKey, "a"));
  EXPECT_NE(FingerprintOf(kPublishedKey, std::string(256, 'a')), FingerprintOf(kPublishedKey, ""));
  EXPECT_NE(FingerprintOf(kPublishedKey, "user-1"), FingerprintOf(kOtherKey, "user-1"));
}

}  // namespace
}  // namespace headcount
