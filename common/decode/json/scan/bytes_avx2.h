// Answers the questions of bytes_portable.h with AVX2, in half the instructions of SSE2. Only for translation units
// that are compiled for AVX2.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/utf8_tables.h"

namespace headcount::scan {
namespace {

class Avx2Bytes {
 public:
  HC_SCAN_INLINE static Avx2Bytes Load(const char* at) {
    const auto* from = reinterpret_cast<const __m256i*>(at);
    Avx2Bytes loaded;
    loaded.low_ = _mm256_loadu_si256(from);
    loaded.high_ = _mm256_loadu_si256(from + 1);
    return loaded;
  }

  HC_SCAN_INLINE static void CopyPart(const char* at, size_t count, char* to) { scan::CopyPart(at, count, to); }

  HC_SCAN_INLINE uint64_t Equal(char c) const {
    const __m256i wanted = _mm256_set1_epi8(c);
    return Mask(_mm256_cmpeq_epi8(low_, wanted), _mm256_cmpeq_epi8(high_, wanted));
  }
  HC_SCAN_INLINE uint64_t EqualFolded(char c) const {
    const __m256i wanted = _mm256_set1_epi8(c);
    const __m256i fold = _mm256_set1_epi8(0x20);
    return Mask(_mm256_cmpeq_epi8(_mm256_or_si256(low_, fold), wanted),
                _mm256_cmpeq_epi8(_mm256_or_si256(high_, fold), wanted));
  }
  HC_SCAN_INLINE uint64_t Within(uint8_t first, uint8_t last) const {
    const __m256i base = _mm256_set1_epi8(static_cast<char>(first));
    const __m256i width = _mm256_set1_epi8(static_cast<char>(last - first));
    const __m256i low = _mm256_sub_epi8(low_, base);  // wraps below `first`
    const __m256i high = _mm256_sub_epi8(high_, base);
    return Mask(_mm256_cmpeq_epi8(_mm256_min_epu8(low, width), low),
                _mm256_cmpeq_epi8(_mm256_min_epu8(high, width), high));
  }
  HC_SCAN_INLINE uint64_t High() const { return Mask(low_, high_); }

  HC_SCAN_INLINE uint64_t Controls() const { return Within(0, 0x1F); }
  // Shifted so that the wanted bit is each byte's highest.
  HC_SCAN_INLINE uint64_t Bit20() const { return Mask(_mm256_slli_epi16(low_, 2), _mm256_slli_epi16(high_, 2)); }

  // A table by the low half of a byte holds the one wanted byte with that half. (A byte outside ASCII finds a zero.)
  HC_SCAN_INLINE uint64_t Spaces() const {
    const __m256i table = Table(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0);
    return Mask(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, low_), low_),
                _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, high_), high_));
  }
  // The square brackets are the curly ones without 0x20, which comma and colon have.
  HC_SCAN_INLINE uint64_t Punctuation() const {
    const __m256i table = Table(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
    const __m256i fold = _mm256_set1_epi8(0x20);
    return Mask(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, low_), _mm256_or_si256(low_, fold)),
                _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, high_), _mm256_or_si256(high_, fold)));
  }
  // The table has only one entry for b and r, which share their low half.
  HC_SCAN_INLINE uint64_t EscapeLetters() const {
    const __m256i table = Table(0, 0, 'r', 0, 't', 0, 'f', 0, 0, 0, 0, 0, 0, 0, 'n', '/');
    const __m256i b = _mm256_set1_epi8('b');
    const auto where = [table, b](__m256i bytes) {
      return _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, bytes), bytes), _mm256_cmpeq_epi8(b, bytes));
    };
    return Mask(where(low_), where(high_));
  }
  HC_SCAN_INLINE uint64_t LastLetters() const {
    const __m256i table = Table(0, 0, 0, 's', 'd', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return Mask(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, low_), low_),
                _mm256_cmpeq_epi8(_mm256_shuffle_epi8(table, high_), high_));
  }
  // A bit for each byte that cannot follow the bytes before it; see utf8_tables.h.
  HC_SCAN_INLINE uint64_t BadUtf8(const Avx2Bytes& previous) const {
    const __m256i low = BadUtf8(previous.high_, low_);
    const __m256i high = BadUtf8(low_, high_);
    return ~Mask(_mm256_cmpeq_epi8(low, _mm256_setzero_si256()), _mm256_cmpeq_epi8(high, _mm256_setzero_si256()));
  }

  HC_SCAN_INLINE void Compress(uint64_t mask, char* to) const {
    const __m128i parts[] = {_mm256_castsi256_si128(low_), _mm256_extracti128_si256(low_, 1),
                             _mm256_castsi256_si128(high_), _mm256_extracti128_si256(high_, 1)};
    for (const __m128i part : parts) {
      to = CompressEight(static_cast<uint64_t>(_mm_cvtsi128_si64(part)), mask, to);
      to = CompressEight(static_cast<uint64_t>(_mm_extract_epi64(part, 1)), mask >> 8, to);
      mask >>= 16;
    }
  }

  // A carry-less product with all ones sums up, without carries, all bits below each bit.
  HC_SCAN_INLINE static uint64_t PrefixXor(uint64_t mask) {
    const __m128i bits = _mm_set_epi64x(0, static_cast<int64_t>(mask));
    return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(bits, _mm_set1_epi8(-1), 0)));
  }
  HC_SCAN_INLINE static uint64_t Extract(uint64_t mask, uint64_t places) { return _pext_u64(mask, places); }
  HC_SCAN_INLINE static uint64_t Deposit(uint64_t dense, uint64_t places) { return _pdep_u64(dense, places); }

 private:
  HC_SCAN_INLINE static __m256i BadUtf8(__m256i previous, __m256i bytes) {
    const __m256i ends = _mm256_permute2x128_si256(previous, bytes, 0x21);
    const __m256i first = _mm256_alignr_epi8(bytes, ends, 15);
    const __m256i bad =
        _mm256_and_si256(_mm256_and_si256(_mm256_shuffle_epi8(Table(utf8_tables::kFirstHigh), HighHalf(first)),
                                          _mm256_shuffle_epi8(Table(utf8_tables::kFirstLow), LowHalf(first))),
                         _mm256_shuffle_epi8(Table(utf8_tables::kSecondHigh), HighHalf(bytes)));
    // The saturating subtraction leaves the highest bit, where kTwoFollowing is, only in bytes that are large enough.
    const __m256i follows =
        _mm256_or_si256(Above(_mm256_alignr_epi8(bytes, ends, 14), utf8_tables::kFirstOfThree - 0x80),
                        Above(_mm256_alignr_epi8(bytes, ends, 13), utf8_tables::kFirstOfFour - 0x80));
    return _mm256_xor_si256(bad, _mm256_and_si256(follows, _mm256_set1_epi8(static_cast<char>(0x80))));
  }
  HC_SCAN_INLINE static __m256i Above(__m256i bytes, int less) {
    return _mm256_subs_epu8(bytes, _mm256_set1_epi8(static_cast<char>(less)));
  }
  HC_SCAN_INLINE static __m256i Table(const uint8_t (&table)[16]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
  }
  HC_SCAN_INLINE static __m256i LowHalf(__m256i bytes) { return _mm256_and_si256(bytes, _mm256_set1_epi8(0x0F)); }
  HC_SCAN_INLINE static __m256i HighHalf(__m256i bytes) { return LowHalf(_mm256_srli_epi16(bytes, 4)); }
  HC_SCAN_INLINE static __m256i Table(char c0, char c1, char c2, char c3, char c4, char c5, char c6, char c7, char c8,
                                      char c9, char c10, char c11, char c12, char c13, char c14, char c15) {
    return _mm256_broadcastsi128_si256(
        _mm_setr_epi8(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15));
  }
  // Uses the lowest eight bits of `mask`.
  HC_SCAN_INLINE static char* CompressEight(uint64_t bytes, uint64_t mask, char* to) {
    const uint64_t wanted = _pdep_u64(mask, 0x0101'0101'0101'0101) * 0xFF;
    const uint64_t dense = _pext_u64(bytes, wanted);
    std::memcpy(to, &dense, sizeof dense);
    return to + __builtin_popcountll(mask & 0xFF);
  }
  HC_SCAN_INLINE static uint64_t Mask(__m256i low, __m256i high) {
    const auto low_bits = static_cast<uint32_t>(_mm256_movemask_epi8(low));
    const auto high_bits = static_cast<uint32_t>(_mm256_movemask_epi8(high));
    return low_bits | static_cast<uint64_t>(high_bits) << 32;
  }

  __m256i low_;
  __m256i high_;
};

}  // namespace
}  // namespace headcount::scan
