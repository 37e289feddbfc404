// Random numbers that are the same on every machine for the same seed (SplitMix64, by Sebastiano Vigna).
// The standard library's distributions are not: they may differ between implementations. Tests and tools.
#pragma once

#include <cstddef>
#include <cstdint>

namespace headcount::test {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return Mix(state_ += 0x9E3779B97F4A7C15U); }
  // Below n, which is not 0. Multiplying is enough for tests: the bias is n / 2^64.
  uint64_t Below(uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>(static_cast<Wide>(Next()) * n >> 64);
  }
  int64_t Between(int64_t low, int64_t high) {  // both included
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }  // 0 <= x < 1
  bool Chance(double probability) { return Unit() < probability; }

  template <typename T, size_t N>
  const T& Pick(const T (&choices)[N]) {
    return choices[Below(N)];
  }

  // A permutation of the 64-bit numbers: different numbers stay different.
  static uint64_t Mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace headcount::test
