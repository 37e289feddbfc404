#include "common/scan/bytes_portable.h"
#include "common/scan/scanner.h"

namespace headcount::scan {

Scan ScanPortable(std::string_view frame) { return Scanner<PortableBytes>(frame).Run(); }

}  // namespace headcount::scan
