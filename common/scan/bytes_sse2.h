// The same questions as bytes_portable.h, with what every x86-64 processor has.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

#include "common/scan/masks.h"

namespace headcount::scan {

class Sse2Bytes {
 public:
  static Sse2Bytes Load(const char* at) {
    Sse2Bytes loaded;
    const auto* from = reinterpret_cast<const __m128i*>(at);
    for (size_t i = 0; i < 4; ++i) loaded.parts_[i] = _mm_loadu_si128(from + i);
    return loaded;
  }

  uint64_t Equal(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    return Where([wanted](__m128i part) { return _mm_cmpeq_epi8(part, wanted); });
  }
  uint64_t EqualFolded(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    const __m128i fold = _mm_set1_epi8(0x20);
    return Where([wanted, fold](__m128i part) { return _mm_cmpeq_epi8(_mm_or_si128(part, fold), wanted); });
  }
  uint64_t Within(uint8_t first, uint8_t last) const {
    const __m128i base = _mm_set1_epi8(static_cast<char>(first));
    const __m128i width = _mm_set1_epi8(static_cast<char>(last - first));
    return Where([base, width](__m128i part) {
      const __m128i above = _mm_sub_epi8(part, base);  // wraps below `first`
      return _mm_cmpeq_epi8(_mm_min_epu8(above, width), above);
    });
  }
  uint64_t WithinFolded(uint8_t first, uint8_t last) const {
    const __m128i base = _mm_set1_epi8(static_cast<char>(first));
    const __m128i width = _mm_set1_epi8(static_cast<char>(last - first));
    const __m128i fold = _mm_set1_epi8(0x20);
    return Where([base, width, fold](__m128i part) {
      const __m128i above = _mm_sub_epi8(_mm_or_si128(part, fold), base);
      return _mm_cmpeq_epi8(_mm_min_epu8(above, width), above);
    });
  }
  uint64_t High() const {
    return Where([](__m128i part) { return part; });
  }

  static uint64_t PrefixXor(uint64_t mask) { return scan::PrefixXor(mask); }

 private:
  template <typename Question>
  uint64_t Where(Question question) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < 4; ++i) {
      const auto bits = static_cast<uint32_t>(_mm_movemask_epi8(question(parts_[i])));
      mask |= static_cast<uint64_t>(bits) << (16 * i);
    }
    return mask;
  }

  __m128i parts_[4];
};

}  // namespace headcount::scan
