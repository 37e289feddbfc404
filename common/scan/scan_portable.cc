#include "common/scan/bytes_portable.h"
#include "common/scan/scanner.h"

namespace headcount::scan {

Scan ScanPortable(const char* begin, const char* end, const Buffers& buffers) {
  return ScanWith<PortableBytes>(begin, end, buffers);
}

}  // namespace headcount::scan
