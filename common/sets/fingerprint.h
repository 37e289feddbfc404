// Makes 128-bit keyed fingerprints of user ids. Pure. Workers make them; the writer compares them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace headcount {

// Never all zero: zero marks an empty place in a distinct set.
struct Fingerprint {
  uint64_t low = 0;
  uint64_t high = 0;

  constexpr bool empty() const { return (low | high) == 0; }
  friend constexpr bool operator==(Fingerprint a, Fingerprint b) { return a.low == b.low && a.high == b.high; }
  friend constexpr bool operator!=(Fingerprint a, Fingerprint b) { return !(a == b); }
};

// Random for each run and secret outside it, so that a sender of frames cannot aim for a collision.
struct FingerprintKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", and the authors'
// later 128-bit variant). Two different ids get the same fingerprint with a chance of 2^-128.
Fingerprint FingerprintOf(FingerprintKey key, std::string_view bytes);

}  // namespace headcount
