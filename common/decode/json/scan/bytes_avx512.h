// Answers the questions of bytes_portable.h with AVX-512: the block is one register and each answer one instruction.
// Only for translation units that are compiled for AVX-512.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/bytes_avx2.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/utf8_tables.h"

namespace headcount::scan {
namespace {

class Avx512Bytes {
 public:
  HC_SCAN_INLINE static Avx512Bytes Load(const char* at) {
    Avx512Bytes loaded;
    loaded.bytes_ = _mm512_loadu_si512(at);
    return loaded;
  }

  HC_SCAN_INLINE static void CopyPart(const char* at, size_t count, char* to) {
    const __mmask64 there = ~uint64_t{0} >> (kBlockBytes - count);
    _mm512_storeu_si512(to, _mm512_mask_loadu_epi8(_mm512_set1_epi8(' '), there, at));
  }

  HC_SCAN_INLINE uint64_t Equal(char c) const { return Mask(_mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(c))); }
  HC_SCAN_INLINE uint64_t EqualFolded(char c) const {
    return Mask(_mm512_cmpeq_epi8_mask(Folded(), _mm512_set1_epi8(c)));
  }
  HC_SCAN_INLINE uint64_t Within(uint8_t first, uint8_t last) const { return Within(bytes_, first, last); }
  HC_SCAN_INLINE uint64_t High() const { return Mask(_mm512_movepi8_mask(bytes_)); }
  HC_SCAN_INLINE uint64_t Controls() const { return Within(0, 0x1F); }
  HC_SCAN_INLINE uint64_t Bit20() const { return Mask(_mm512_test_epi8_mask(bytes_, _mm512_set1_epi8(0x20))); }
  // As with AVX2.
  HC_SCAN_INLINE uint64_t Spaces() const {
    const __m512i table = Table(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0);
    return Mask(_mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes_), bytes_));
  }
  HC_SCAN_INLINE uint64_t Punctuation() const {
    const __m512i table = Table(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
    return Mask(_mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes_), Folded()));
  }
  HC_SCAN_INLINE uint64_t EscapeLetters() const {
    const __m512i table = Table(0, 0, 'r', 0, 't', 0, 'f', 0, 0, 0, 0, 0, 0, 0, 'n', '/');
    return Mask(_mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(table, bytes_), bytes_)) | Equal('b');
  }
  HC_SCAN_INLINE uint64_t LastLetters() const { return Equal('s') | Equal('d'); }
  // A bit for each byte that cannot follow the bytes before it; see utf8_tables.h.
  HC_SCAN_INLINE uint64_t BadUtf8(const Avx512Bytes& previous) const {
    const __m512i ends =
        _mm512_permutex2var_epi64(previous.bytes_, _mm512_setr_epi64(6, 7, 8, 9, 10, 11, 12, 13), bytes_);
    const __m512i first = _mm512_alignr_epi8(bytes_, ends, 15);
    const __m512i bad =
        _mm512_and_si512(_mm512_and_si512(_mm512_shuffle_epi8(Table(utf8_tables::kFirstHigh), HighHalf(first)),
                                          _mm512_shuffle_epi8(Table(utf8_tables::kFirstLow), LowHalf(first))),
                         _mm512_shuffle_epi8(Table(utf8_tables::kSecondHigh), HighHalf(bytes_)));
    const uint64_t follows = AtLeast(_mm512_alignr_epi8(bytes_, ends, 14), utf8_tables::kFirstOfThree) |
                             AtLeast(_mm512_alignr_epi8(bytes_, ends, 13), utf8_tables::kFirstOfFour);
    // The second of two following bytes must be the third or fourth of its sequence, and each such byte must follow.
    const uint64_t two_following = _mm512_movepi8_mask(bad);
    const uint64_t others = _mm512_test_epi8_mask(bad, _mm512_set1_epi8(0x7F));
    return others | (follows ^ two_following);
  }

  HC_SCAN_INLINE void Compress(uint64_t mask, char* to) const {
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(mask, bytes_));
  }
  HC_SCAN_INLINE static uint64_t PrefixXor(uint64_t mask) { return Avx2Bytes::PrefixXor(mask); }
  HC_SCAN_INLINE static uint64_t Extract(uint64_t mask, uint64_t places) { return _pext_u64(mask, places); }
  HC_SCAN_INLINE static uint64_t Deposit(uint64_t dense, uint64_t places) { return _pdep_u64(dense, places); }

 private:
  // Moves the mask into a general register at once: gcc would combine masks in the mask registers and wait for them
  // there.
  HC_SCAN_INLINE static uint64_t Mask(__mmask64 mask) {
    uint64_t bits = mask;
    __asm__("" : "+r"(bits));
    return bits;
  }
  HC_SCAN_INLINE static __m512i Table(const uint8_t (&table)[16]) {
    return _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
  }
  HC_SCAN_INLINE static __m512i LowHalf(__m512i bytes) { return _mm512_and_si512(bytes, _mm512_set1_epi8(0x0F)); }
  HC_SCAN_INLINE static __m512i HighHalf(__m512i bytes) { return LowHalf(_mm512_srli_epi16(bytes, 4)); }
  HC_SCAN_INLINE static uint64_t AtLeast(__m512i bytes, uint8_t least) {
    return Mask(_mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8(static_cast<char>(least))));
  }
  HC_SCAN_INLINE static __m512i Table(char c0, char c1, char c2, char c3, char c4, char c5, char c6, char c7, char c8,
                                      char c9, char c10, char c11, char c12, char c13, char c14, char c15) {
    return _mm512_maskz_broadcast_i32x4(
        0xFFFF, _mm_setr_epi8(c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15));
  }
  __m512i Folded() const { return _mm512_or_si512(bytes_, _mm512_set1_epi8(0x20)); }
  HC_SCAN_INLINE static uint64_t Within(__m512i bytes, uint8_t first, uint8_t last) {
    const __m512i above = _mm512_sub_epi8(bytes, _mm512_set1_epi8(static_cast<char>(first)));  // wraps below `first`
    return Mask(_mm512_cmple_epu8_mask(above, _mm512_set1_epi8(static_cast<char>(last - first))));
  }

  __m512i bytes_;
};

}  // namespace
}  // namespace headcount::scan
