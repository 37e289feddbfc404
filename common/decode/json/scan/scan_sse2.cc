// The scan compiled for SSE2, which every x86-64 processor has. Pure; runs in the workers.
#ifdef __x86_64__
#include "common/decode/json/scan/bytes_sse2.h"
#include "common/decode/json/scan/scanner.h"

namespace headcount::scan {

Scan ScanSse2(const char* begin, const char* end, const Buffers& buffers) {
  return ScanWith<Sse2Bytes>(begin, end, buffers);
}

}  // namespace headcount::scan
#endif
