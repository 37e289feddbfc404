// The scan compiled for AVX-512. Pure; runs in the workers.
#ifdef __x86_64__
#include "common/decode/json/scan/bytes_avx512.h"
#include "common/decode/json/scan/scanner.h"

namespace headcount::scan {

Scan ScanAvx512(const char* begin, const char* end, const Buffers& buffers) {
  return ScanWith<Avx512Bytes>(begin, end, buffers);
}

}  // namespace headcount::scan
#endif
