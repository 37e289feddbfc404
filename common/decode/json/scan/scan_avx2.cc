// The scan compiled for AVX2. Pure; runs in the workers.
#ifdef __x86_64__
#include "common/decode/json/scan/bytes_avx2.h"
#include "common/decode/json/scan/scanner.h"

namespace headcount::scan {

Scan ScanAvx2(const char* begin, const char* end, const Buffers& buffers) {
  return ScanWith<Avx2Bytes>(begin, end, buffers);
}

}  // namespace headcount::scan
#endif
