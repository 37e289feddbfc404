// HC_CHECK(condition, detail): a broken invariant ends the process at once with what was broken, so that
// the coordinator restarts it from what Kafka holds. Stays on in release builds: it guards counts.
#pragma once

#include <string>

namespace headcount {

// Logs file, line, the condition and the detail, then ends the process with exit code 70, without unwinding.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const std::string& detail);

}  // namespace headcount

#define HC_CHECK(condition, detail)                                     \
  do {                                                                  \
    if (__builtin_expect(!(condition), 0)) {                            \
      ::headcount::CheckFailed(__FILE__, __LINE__, #condition, detail); \
    }                                                                   \
  } while (false)
