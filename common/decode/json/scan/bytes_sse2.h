// Answers the questions of bytes_portable.h with SSE2, which every x86-64 processor has.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/utf8.h"

namespace headcount::scan {
namespace {

class Sse2Bytes {
 public:
  HC_SCAN_INLINE static Sse2Bytes Load(const char* at) {
    Sse2Bytes loaded;
    const auto* from = reinterpret_cast<const __m128i*>(at);
    for (size_t i = 0; i < 4; ++i) loaded.parts_[i] = _mm_loadu_si128(from + i);
    return loaded;
  }

  HC_SCAN_INLINE static void CopyPart(const char* at, size_t count, char* to) { scan::CopyPart(at, count, to); }

  HC_SCAN_INLINE uint64_t Equal(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    return Where([wanted](__m128i part) { return _mm_cmpeq_epi8(part, wanted); });
  }
  HC_SCAN_INLINE uint64_t EqualFolded(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    const __m128i fold = _mm_set1_epi8(0x20);
    return Where([wanted, fold](__m128i part) { return _mm_cmpeq_epi8(_mm_or_si128(part, fold), wanted); });
  }
  HC_SCAN_INLINE uint64_t Within(uint8_t first, uint8_t last) const {
    const __m128i base = _mm_set1_epi8(static_cast<char>(first));
    const __m128i width = _mm_set1_epi8(static_cast<char>(last - first));
    return Where([base, width](__m128i part) {
      const __m128i above = _mm_sub_epi8(part, base);  // wraps below `first`
      return _mm_cmpeq_epi8(_mm_min_epu8(above, width), above);
    });
  }
  HC_SCAN_INLINE uint64_t High() const {
    return Where([](__m128i part) { return part; });
  }

  HC_SCAN_INLINE uint64_t Controls() const { return Within(0, 0x1F); }
  // Shifted so that the wanted bit is each byte's highest.
  HC_SCAN_INLINE uint64_t Bit20() const {
    return Where([](__m128i part) { return _mm_slli_epi16(part, 2); });
  }

  HC_SCAN_INLINE uint64_t Spaces() const { return Equal(' ') | Equal('\t') | Equal('\n') | Equal('\r'); }
  HC_SCAN_INLINE uint64_t Punctuation() const { return Equal(',') | Equal(':') | EqualFolded('{') | EqualFolded('}'); }

  HC_SCAN_INLINE uint64_t EscapeLetters() const {
    return Where([](__m128i part) {
      const auto is = [part](char c) { return _mm_cmpeq_epi8(part, _mm_set1_epi8(c)); };
      return _mm_or_si128(_mm_or_si128(_mm_or_si128(is('n'), is('/')), _mm_or_si128(is('t'), is('r'))),
                          _mm_or_si128(is('b'), is('f')));
    });
  }
  HC_SCAN_INLINE uint64_t LastLetters() const { return Equal('s') | Equal('d'); }
  // A bit for each byte that cannot follow the bytes before it, in this block or the previous one.
  HC_SCAN_INLINE uint64_t BadUtf8(const Sse2Bytes& previous) const { return BadUtf8ByMasks(previous, *this); }
  HC_SCAN_INLINE void Compress(uint64_t mask, char* to) const {
    alignas(16) char bytes[kBlockBytes];
    for (size_t i = 0; i < 4; ++i) _mm_store_si128(reinterpret_cast<__m128i*>(bytes) + i, parts_[i]);
    CompressOneByOne(bytes, mask, to);
  }

  HC_SCAN_INLINE static uint64_t PrefixXor(uint64_t mask) { return scan::PrefixXor(mask); }
  HC_SCAN_INLINE static uint64_t Extract(uint64_t mask, uint64_t places) { return ExtractOneByOne(mask, places); }
  HC_SCAN_INLINE static uint64_t Deposit(uint64_t dense, uint64_t places) { return DepositOneByOne(dense, places); }

 private:
  template <typename Question>
  HC_SCAN_INLINE uint64_t Where(Question question) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < 4; ++i) {
      const auto bits = static_cast<uint32_t>(_mm_movemask_epi8(question(parts_[i])));
      mask |= static_cast<uint64_t>(bits) << (16 * i);
    }
    return mask;
  }

  __m128i parts_[4];
};

}  // namespace
}  // namespace headcount::scan
