#ifdef __x86_64__
#include "common/scan/bytes_sse2.h"
#include "common/scan/scanner.h"

namespace headcount::scan {

Scan ScanSse2(std::string_view frame) { return Scanner<Sse2Bytes>(frame).Run(); }

}  // namespace headcount::scan
#endif
