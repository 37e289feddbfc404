#include "common/sets/fingerprint.h"

#include <cstring>

namespace headcount {
namespace {

inline uint64_t RotateLeft(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }

inline uint64_t LoadLittleEndian64(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

// The state of SipHash: four words. All functions are inline: an id of 5 to 40 bytes is two to seven words, and a call
// for each round would cost more than the round.
class SipState {
 public:
  explicit SipState(FingerprintKey key)
      : v0_(key.k0 ^ 0x736f6d6570736575),
        v1_(key.k1 ^ 0x646f72616e646f6d ^ 0xee),  // 0xee distinguishes the 128-bit variant from the 64-bit one
        v2_(key.k0 ^ 0x6c7967656e657261),
        v3_(key.k1 ^ 0x7465646279746573) {}

  void Absorb(uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
  }

  uint64_t FirstHalf() {
    v2_ ^= 0xee;
    return Squeeze();
  }
  uint64_t SecondHalf() {
    v1_ ^= 0xdd;
    return Squeeze();
  }

 private:
  void Round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = RotateLeft(v1_, 13) ^ v0_;
    v3_ = RotateLeft(v3_, 16) ^ v2_;
    v0_ = RotateLeft(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = RotateLeft(v1_, 17) ^ v2_;
    v3_ = RotateLeft(v3_, 21) ^ v0_;
    v2_ = RotateLeft(v2_, 32);
  }

  uint64_t Squeeze() {
    for (int i = 0; i < 4; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  uint64_t v0_, v1_, v2_, v3_;
};

// The last 0 to 7 bytes, little-endian, with the length modulo 256 in the top byte.
inline uint64_t LastWord(const char* tail, size_t tail_bytes, size_t length) {
  uint64_t word = uint64_t{length & 0xff} << 56;
  if (length >= 8) {
    // The last eight bytes of the id, without those that Absorb() has taken. Two shifts, as one by 64 is undefined.
    return word | (LoadLittleEndian64(tail + tail_bytes - 8) >> (8 * (7 - tail_bytes)) >> 8);
  }
  for (size_t i = 0; i < tail_bytes; ++i) word |= uint64_t{static_cast<unsigned char>(tail[i])} << (8 * i);
  return word;
}

}  // namespace

Fingerprint FingerprintOf(FingerprintKey key, std::string_view bytes) {
  SipState state(key);
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) state.Absorb(LoadLittleEndian64(at));
  state.Absorb(LastWord(at, left, bytes.size()));
  Fingerprint fingerprint;
  fingerprint.low = state.FirstHalf();
  fingerprint.high = state.SecondHalf();
  if (fingerprint.empty()) fingerprint.low = 1;
  return fingerprint;
}

}  // namespace headcount
