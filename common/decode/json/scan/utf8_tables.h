// Tables that tell bad UTF-8 from two bytes that follow each other, for processors that look up 16 places at once. The
// idea is from Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte" (2021), section 6. For
// common/decode/json/scan/ only.
//
// Each bit is a way to be wrong that the first byte's high half, its low half, and the second byte's high half allow; a
// pair is wrong where all three allow the same. One bit, kTwoFollowing, is no error where the second of them is the
// third byte of a sequence or the fourth: whoever uses the tables checks that apart.
#pragma once

#include <cstdint>

namespace headcount::scan {
namespace {
namespace utf8_tables {

enum : uint8_t {
  kTooShort = 1 << 0,      // a first byte, and no following byte
  kTooLong = 1 << 1,       // ASCII, and a following byte
  kLongThree = 1 << 2,     // E0 80 to E0 9F: three bytes for what two can say
  kTooLarge = 1 << 3,      // F4 90 and up: above U+10FFFF
  kSurrogate = 1 << 4,     // ED A0 and up
  kLongTwo = 1 << 5,       // C0 and C1: two bytes for what one can say
  kLongFour = 1 << 6,      // F0 80 to F0 8F: four bytes for what three can say
  kMuchTooLarge = 1 << 6,  // F5 80 to FF 8F; there is no pair that both fit but those that are wrong
  kTwoFollowing = 1 << 7,  // two following bytes
  // What the first byte's low half says nothing about.
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

// A byte two places behind one that is not below the first, or three behind one not below the second, follows.
inline constexpr uint8_t kFirstOfThree = 0xE0;
inline constexpr uint8_t kFirstOfFour = 0xF0;

}  // namespace utf8_tables
}  // namespace
}  // namespace headcount::scan
