// Tells RapidJSON which encoding a frame has: UTF-8. It checks as strictly as RapidJSON itself, but a run of ASCII at a
// time. For rapidjson_frame_decoder.cc only. Pure; runs in the workers.
//
// RapidJSON's string loop handles escapes and the closing quote. For any other byte it calls the encoding to check and
// copy one character, but goes on wherever the encoding stopped. So a run of ordinary ASCII costs one call instead of
// one for each byte: a sixth of the whole time of a frame. (RapidJSON's own RAPIDJSON_SSE2 does this only if the
// encoding is not checked. It also goes byte by byte up to an aligned address, which is most of a short string.)
#pragma once

#include <rapidjson/encodings.h>
#include <rapidjson/stream.h>

#include <cstddef>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace headcount {

struct FrameUtf8 : rapidjson::UTF8<char> {
  using Stream = rapidjson::GenericInsituStringStream<FrameUtf8>;

  // Bytes that it may read, and never writes, from the zero that ends the text.
  static constexpr size_t kReadsPastEndBytes = 16;

  // Compiled, but called only on processors without SSE2, and if RapidJSON does not parse in situ.
  template <typename InputStream, typename OutputStream>
  static bool Validate(InputStream& is, OutputStream& os) {
    return UTF8<char>::Validate(is, os);
  }

#ifdef __SSE2__
  // `is` and `os` are one stream: it reads at src_ and writes at dst_, at or before src_. At src_ stands neither a
  // backslash nor a quote nor a control byte.
  static bool Validate(Stream& is, Stream& os) {
    if (static_cast<signed char>(*is.src_) < 0) return UTF8<char>::Validate(is, os);
    char* from = is.src_;
    char* to = os.dst_;
    unsigned stops;
    while ((stops = Stops(Load(from))) == 0) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), Load(from));
      from += sizeof(__m128i);
      to += sizeof(__m128i);
    }
    // Does not copy sixteen at once: after the stop stand bytes that the reader has not read yet.
    const int taken = __builtin_ctz(stops);
    if (from != to) {
      for (int i = 0; i < taken; ++i) to[i] = from[i];
    }
    is.src_ = from + taken;
    os.dst_ = to + taken;
    return true;
  }

 private:
  static __m128i Load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

  // A bit for every byte that ends a run: a quote, a backslash, a control byte. The comparison is signed, so every byte
  // outside ASCII counts too. So does the zero that ends the text.
  static unsigned Stops(__m128i bytes) {
    const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, backslashes), others)));
  }
#endif
};

}  // namespace headcount
