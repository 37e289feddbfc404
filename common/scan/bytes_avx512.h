// The same questions as bytes_portable.h, with AVX-512: the block is one register and each answer one instruction. Only
// for translation units that are compiled for it.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace headcount::scan {

class Avx512Bytes {
 public:
  static Avx512Bytes Load(const char* at) {
    Avx512Bytes loaded;
    loaded.bytes_ = _mm512_loadu_si512(at);
    return loaded;
  }

  uint64_t Equal(char c) const { return _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(c)); }
  uint64_t EqualFolded(char c) const { return _mm512_cmpeq_epi8_mask(Folded(), _mm512_set1_epi8(c)); }
  uint64_t Within(uint8_t first, uint8_t last) const { return Within(bytes_, first, last); }
  uint64_t WithinFolded(uint8_t first, uint8_t last) const { return Within(Folded(), first, last); }
  uint64_t High() const { return _mm512_movepi8_mask(bytes_); }
  static uint64_t PrefixXor(uint64_t mask) {
    const __m128i bits = _mm_set_epi64x(0, static_cast<int64_t>(mask));
    return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(bits, _mm_set1_epi8(-1), 0)));
  }

 private:
  __m512i Folded() const { return _mm512_or_si512(bytes_, _mm512_set1_epi8(0x20)); }
  static uint64_t Within(__m512i bytes, uint8_t first, uint8_t last) {
    const __m512i above = _mm512_sub_epi8(bytes, _mm512_set1_epi8(static_cast<char>(first)));  // wraps below `first`
    return _mm512_cmple_epu8_mask(above, _mm512_set1_epi8(static_cast<char>(last - first)));
  }

  __m512i bytes_;
};

}  // namespace headcount::scan
