// Reads the decimal number at the beginning of some bytes at once and without a loop, because the processor cannot
// predict the number of digits. Pure; runs in the workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace headcount {

struct LeadingDigits {
  // The function reads this many bytes; all of them must be readable.
  static constexpr size_t kBytes = 16;

  size_t count;    // 0 to 16
  uint64_t value;  // of up to 15 digits; meaningless for 16
};

namespace leading_digits {

inline constexpr uint64_t kEach = 0x0101'0101'0101'0101;

// Eight bytes, the first in the lowest.
inline uint64_t Load(const char* at) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  bytes = __builtin_bswap64(bytes);
#endif
  return bytes;
}

// `values`: eight bytes, each the value of its digit, or anything else if it is no digit. Returns the number of digits
// before the first other byte.
inline size_t Count(uint64_t values) {
  // Adding 0x76 leaves the highest bit unset only for values below 10.
  const uint64_t others = (((values & kEach * 0x7F) + kEach * 0x76) | values) & kEach * 0x80;
  return others == 0 ? 8 : static_cast<size_t>(__builtin_ctzll(others)) / 8;
}

// The number of eight digits: joins neighbours to numbers of two digits, then of four, then of eight.
inline uint64_t Join(uint64_t values) {
  values = (values * 10 + (values >> 8)) & 0x00FF'00FF'00FF'00FF;
  values = (values * 100 + (values >> 16)) & 0x0000'FFFF'0000'FFFF;
  return (values * 10'000 + (values >> 32)) & 0xFFFF'FFFF;
}

// The first `count` (0 to 8) of eight digits, with zeros before them.
inline uint64_t KeepFirst(uint64_t values, size_t count) { return count == 0 ? 0 : values << (64 - 8 * count); }

}  // namespace leading_digits

inline LeadingDigits LeadingDigitsOf(const char* sixteen_bytes) {
  using namespace leading_digits;
  constexpr uint64_t kPowersOfTen[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
  const uint64_t first = Load(sixteen_bytes) ^ kEach * '0';
  const uint64_t second = Load(sixteen_bytes + 8) ^ kEach * '0';
  const size_t in_first = Count(first);
  if (in_first < 8) return {in_first, Join(KeepFirst(first, in_first))};
  const size_t in_second = Count(second);
  return {8 + in_second, Join(first) * kPowersOfTen[in_second] + Join(KeepFirst(second, in_second))};
}

}  // namespace headcount
