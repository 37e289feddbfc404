// One pass over a frame in blocks of 64 bytes: is it one JSON object, as strictly as RFC 8259 and UTF-8 say, and where
// are its root's `ts` and `uid`, or whatever they are called? README.md has the picture. Pure; runs in the workers.
#pragma once

#include <cstdint>
#include <vector>

#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {

enum class Verdict : uint8_t {
  kObject,   // valid; the root is an object
  kNotJson,  // certainly not
  // What is left to the reference decoder: another root than an object, containers deeper than some 60, and escapes
  // that may spell one of the two keys.
  kAskReference,
};

struct Scan {
  Verdict verdict;
  // Of the last root key of that name, the byte after the key's closing quote; null: there is none.
  const char* after_time_key;
  const char* after_id_key;
};

// Reads no byte outside [begin, end), but asks for memory behind it. The buffers have room for as many bytes.
using ScanFunction = Scan (*)(const char* begin, const char* end, const Buffers& buffers);

Scan ScanPortable(const char* begin, const char* end, const Buffers& buffers);
#ifdef __x86_64__
Scan ScanSse2(const char* begin, const char* end, const Buffers& buffers);
// Only with AVX2, BMI1, BMI2 and PCLMUL.
Scan ScanAvx2(const char* begin, const char* end, const Buffers& buffers);
// Only with those and AVX-512 F, BW and VBMI2.
Scan ScanAvx512(const char* begin, const char* end, const Buffers& buffers);
#endif

// The scan for a kind of processors.
struct Kernel {
  const char* name;
  ScanFunction scan;
};
// All that this processor can run, the fastest first.
std::vector<Kernel> UsableKernels();

}  // namespace headcount::scan
