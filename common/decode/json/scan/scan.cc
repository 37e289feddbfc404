#include "common/decode/json/scan/scan.h"

namespace headcount::scan {

std::vector<Kernel> UsableKernels() {
  std::vector<Kernel> usable;
#ifdef __x86_64__
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                    __builtin_cpu_supports("pclmul");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vbmi2");
  if (avx512) usable.push_back({"avx512", ScanAvx512});
  if (avx2) usable.push_back({"avx2", ScanAvx2});
  usable.push_back({"sse2", ScanSse2});
#endif
  usable.push_back({"portable", ScanPortable});
  return usable;
}

}  // namespace headcount::scan
