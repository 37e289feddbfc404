// The scan for any processor; tests compare the others with it. Pure; runs in the workers.
#include "common/decode/json/scan/bytes_portable.h"
#include "common/decode/json/scan/scanner.h"

namespace headcount::scan {

Scan ScanPortable(const char* begin, const char* end, const Buffers& buffers) {
  return ScanWith<PortableBytes>(begin, end, buffers);
}

}  // namespace headcount::scan
