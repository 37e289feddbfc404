// Tables that detect bad UTF-8 from two consecutive bytes, for processors that look up 16 places at once. The idea is
// from Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2021), section 6. For
// common/decode/json/scan/ only.
//
// Each bit is a kind of error that three halves allow: the first byte's high half, its low half, and the second byte's
// high half. A pair is wrong if all three allow the same error. One bit, kTwoFollowing, is no error if the second byte
// is the third or fourth of a sequence. The caller of the tables checks that separately.
#pragma once

#include <cstdint>

namespace headcount::scan {
namespace {
namespace utf8_tables {

enum : uint8_t {
  kTooShort = 1 << 0,      // a first byte, and no following byte
  kTooLong = 1 << 1,       // ASCII, and a following byte
  kLongThree = 1 << 2,     // E0 80 to E0 9F: three bytes for a character of two
  kTooLarge = 1 << 3,      // F4 90 and up: above U+10FFFF
  kSurrogate = 1 << 4,     // ED A0 and up
  kLongTwo = 1 << 5,       // C0 and C1: two bytes for a character of one
  kLongFour = 1 << 6,      // F0 80 to F0 8F: four bytes for a character of three
  kMuchTooLarge = 1 << 6,  // F5 80 to FF 8F; shares the bit: every pair that fits both is wrong
  kTwoFollowing = 1 << 7,  // two following bytes
  // The errors that do not depend on the first byte's low half.
  kAnyLow = kTooShort | kTooLong | kTwoFollowing,
  kLargeLow = kAnyLow | kTooLarge | kMuchTooLarge,
  kFollowing = kTooLong | kLongTwo | kTwoFollowing,
};

// By the first byte's high half.
inline constexpr uint8_t kFirstHigh[16] = {kTooLong,
                                           kTooLong,
                                           kTooLong,
                                           kTooLong,  //
                                           kTooLong,
                                           kTooLong,
                                           kTooLong,
                                           kTooLong,  //
                                           kTwoFollowing,
                                           kTwoFollowing,
                                           kTwoFollowing,
                                           kTwoFollowing,  //
                                           kTooShort | kLongTwo,
                                           kTooShort,
                                           kTooShort | kLongThree | kSurrogate,  //
                                           kTooShort | kTooLarge | kLongFour | kMuchTooLarge};
// By its low half.
inline constexpr uint8_t kFirstLow[16] = {kAnyLow | kLongTwo | kLongThree | kLongFour,
                                          kAnyLow | kLongTwo,
                                          kAnyLow,
                                          kAnyLow,  //
                                          kAnyLow | kTooLarge,
                                          kLargeLow,
                                          kLargeLow,
                                          kLargeLow,  //
                                          kLargeLow,
                                          kLargeLow,
                                          kLargeLow,
                                          kLargeLow,  //
                                          kLargeLow,
                                          kLargeLow | kSurrogate,
                                          kLargeLow,
                                          kLargeLow};
// By the second byte's high half.
inline constexpr uint8_t kSecondHigh[16] = {kTooShort,
                                            kTooShort,
                                            kTooShort,
                                            kTooShort,
                                            kTooShort,
                                            kTooShort,
                                            kTooShort,
                                            kTooShort,                                            //
                                            kFollowing | kLongThree | kLongFour | kMuchTooLarge,  // 8.
                                            kFollowing | kLongThree | kTooLarge,                  // 9.
                                            kFollowing | kSurrogate | kTooLarge,
                                            kFollowing | kSurrogate | kTooLarge,  // A., B.
                                            kTooShort,
                                            kTooShort,
                                            kTooShort,
                                            kTooShort};

// A following byte must stand two places after a byte of at least the first value, and three after one of at least the
// second.
inline constexpr uint8_t kFirstOfThree = 0xE0;
inline constexpr uint8_t kFirstOfFour = 0xF0;

}  // namespace utf8_tables
}  // namespace
}  // namespace headcount::scan
