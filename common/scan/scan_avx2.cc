#ifdef __x86_64__
#include "common/scan/bytes_avx2.h"
#include "common/scan/scanner.h"

namespace headcount::scan {

Scan ScanAvx2(std::string_view frame) { return Scanner<Avx2Bytes>(frame).Run(); }

}  // namespace headcount::scan
#endif
