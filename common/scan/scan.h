// One pass over a frame in blocks of 64 bytes: is it one JSON object, as strictly as RFC 8259 and UTF-8 say, and where
// are its root's `ts` and `uid`? README.md has the picture. Pure; runs in the workers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace headcount::scan {

enum class Verdict : uint8_t {
  kObject,   // valid; the root is an object
  kNotJson,  // certainly not
  // One of the few things left to the reference decoder: another root than an object, or a root key written with
  // escapes that may spell ts or uid.
  kAskReference,
};

struct Scan {
  Verdict verdict = Verdict::kNotJson;
  // Of the last root key of that name, the byte after the key's closing quote; null: there is none.
  const char* after_ts_key = nullptr;
  const char* after_uid_key = nullptr;
};

using ScanFunction = Scan (*)(std::string_view frame);

// None past the end of the frame is read.
Scan ScanPortable(std::string_view frame);
#ifdef __x86_64__
Scan ScanSse2(std::string_view frame);
Scan ScanAvx2(std::string_view frame);    // only with AVX2, BMI1, BMI2 and PCLMUL
Scan ScanAvx512(std::string_view frame);  // only with those and AVX-512 F and BW
#endif

struct NamedScan {
  const char* name;
  ScanFunction scan;
};
// All that this processor can run, the fastest first.
std::vector<NamedScan> UsableScans();

}  // namespace headcount::scan
