// The same questions as bytes_portable.h, with AVX2: half the instructions of SSE2. Only for translation units that are
// compiled for it.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace headcount::scan {

class Avx2Bytes {
 public:
  static Avx2Bytes Load(const char* at) {
    const auto* from = reinterpret_cast<const __m256i*>(at);
    Avx2Bytes loaded;
    loaded.low_ = _mm256_loadu_si256(from);
    loaded.high_ = _mm256_loadu_si256(from + 1);
    return loaded;
  }

  uint64_t Equal(char c) const {
    const __m256i wanted = _mm256_set1_epi8(c);
    return Mask(_mm256_cmpeq_epi8(low_, wanted), _mm256_cmpeq_epi8(high_, wanted));
  }
  uint64_t EqualFolded(char c) const {
    const __m256i wanted = _mm256_set1_epi8(c);
    const __m256i fold = _mm256_set1_epi8(0x20);
    return Mask(_mm256_cmpeq_epi8(_mm256_or_si256(low_, fold), wanted),
                _mm256_cmpeq_epi8(_mm256_or_si256(high_, fold), wanted));
  }
  uint64_t Within(uint8_t first, uint8_t last) const {
    const __m256i base = _mm256_set1_epi8(static_cast<char>(first));
    const __m256i width = _mm256_set1_epi8(static_cast<char>(last - first));
    const __m256i low = _mm256_sub_epi8(low_, base);  // wraps below `first`
    const __m256i high = _mm256_sub_epi8(high_, base);
    return Mask(_mm256_cmpeq_epi8(_mm256_min_epu8(low, width), low),
                _mm256_cmpeq_epi8(_mm256_min_epu8(high, width), high));
  }
  uint64_t WithinFolded(uint8_t first, uint8_t last) const {
    const __m256i base = _mm256_set1_epi8(static_cast<char>(first));
    const __m256i width = _mm256_set1_epi8(static_cast<char>(last - first));
    const __m256i fold = _mm256_set1_epi8(0x20);
    const __m256i low = _mm256_sub_epi8(_mm256_or_si256(low_, fold), base);
    const __m256i high = _mm256_sub_epi8(_mm256_or_si256(high_, fold), base);
    return Mask(_mm256_cmpeq_epi8(_mm256_min_epu8(low, width), low),
                _mm256_cmpeq_epi8(_mm256_min_epu8(high, width), high));
  }
  uint64_t High() const { return Mask(low_, high_); }

  // A product without carries by all ones adds up, without carries, all bits below.
  static uint64_t PrefixXor(uint64_t mask) {
    const __m128i bits = _mm_set_epi64x(0, static_cast<int64_t>(mask));
    return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(bits, _mm_set1_epi8(-1), 0)));
  }

 private:
  static uint64_t Mask(__m256i low, __m256i high) {
    const auto low_bits = static_cast<uint32_t>(_mm256_movemask_epi8(low));
    const auto high_bits = static_cast<uint32_t>(_mm256_movemask_epi8(high));
    return low_bits | static_cast<uint64_t>(high_bits) << 32;
  }

  __m256i low_;
  __m256i high_;
};

}  // namespace headcount::scan
