#ifdef __x86_64__
#include "common/scan/bytes_avx512.h"
#include "common/scan/scanner.h"

namespace headcount::scan {

Scan ScanAvx512(std::string_view frame) { return Scanner<Avx512Bytes>(frame).Run(); }

}  // namespace headcount::scan
#endif
