// Scans a frame in one pass over blocks of 64 bytes. It says whether the frame is one JSON object, as strictly as RFC
// 8259 and UTF-8 demand. It also says where the root's `ts` and `uid` are, or the two keys that the user named instead.
// README.md has the picture. Pure; runs in the workers.
#pragma once

#include <cstdint>
#include <vector>

#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {

enum class Verdict : uint8_t {
  kObject,   // valid; the root is an object
  kNotJson,  // certainly not JSON
  // Left to the reference decoder: a root that is no object, containers deeper than some 60, and escapes that may spell
  // one of the two keys.
  kAskReference,
};

struct Scan {
  Verdict verdict;
  // The byte after the closing quote of the last root key of that name; null: there is none.
  const char* after_time_key;
  const char* after_id_key;
};

// Reads no byte outside [begin, end), but prefetches memory behind it. The buffers have space for a frame of that
// length.
using ScanFunction = Scan (*)(const char* begin, const char* end, const Buffers& buffers);

Scan ScanPortable(const char* begin, const char* end, const Buffers& buffers);
#ifdef __x86_64__
Scan ScanSse2(const char* begin, const char* end, const Buffers& buffers);
// Needs AVX2, BMI1, BMI2 and PCLMUL.
Scan ScanAvx2(const char* begin, const char* end, const Buffers& buffers);
// Needs those and AVX-512 F, BW and VBMI2.
Scan ScanAvx512(const char* begin, const char* end, const Buffers& buffers);
#endif

// The scan for one kind of processor.
struct Kernel {
  const char* name;
  ScanFunction scan;
};
// The kernels that this processor can run, the fastest first.
std::vector<Kernel> UsableKernels();

}  // namespace headcount::scan
