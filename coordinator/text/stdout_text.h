// What commands print, and how they end. Runs in the process of the command.
#pragma once

#include <cstdio>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

// Whether stdout has taken everything that was printed so far. A text that is larger than the stream's buffer goes
// past it, so that flushing alone finds nothing to complain about.
inline bool FlushStdout() { return fflush(stdout) == 0 && ferror(stdout) == 0; }

inline bool PrintText(std::string_view text) {
  fwrite(text.data(), 1, text.size(), stdout);
  return FlushStdout();
}

// Says on stderr why it ends, and answers its exit code.
inline int Refuse(const Error& error) {
  fprintf(stderr, "headcount: %s\n", error.message.c_str());
  return static_cast<int>(error.exit_code);
}

}  // namespace headcount
