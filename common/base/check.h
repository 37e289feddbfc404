// HC_CHECK(condition, detail): a broken invariant ends the process at once and the log says which one. The coordinator
// then restarts that process from its safe point in Kafka. Every process uses it. The checks stay on in release builds,
// because they guard counts.
#pragma once

#include <string>

namespace headcount {

// Logs file, line, condition and detail, then ends the process with exit code 70 (kBroken), without unwinding.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const std::string& detail);

}  // namespace headcount

#define HC_CHECK(condition, detail)                                     \
  do {                                                                  \
    if (__builtin_expect(!(condition), 0)) {                            \
      ::headcount::CheckFailed(__FILE__, __LINE__, #condition, detail); \
    }                                                                   \
  } while (false)
