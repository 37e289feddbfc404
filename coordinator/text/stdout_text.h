// Prints the output of commands and ends them. Runs in the process of the command.
#pragma once

#include <cstdio>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

// Returns whether stdout has taken everything that was printed so far. A text that is larger than the stream's buffer
// bypasses the buffer. Flushing alone then finds no error, so the stream's error flag is asked too.
inline bool FlushStdout() { return fflush(stdout) == 0 && ferror(stdout) == 0; }

inline bool PrintText(std::string_view text) {
  fwrite(text.data(), 1, text.size(), stdout);
  return FlushStdout();
}

// Prints on stderr why the command ends, and returns its exit code.
inline int Refuse(const Error& error) {
  fprintf(stderr, "headcount: %s\n", error.message.c_str());
  return static_cast<int>(error.exit_code);
}

}  // namespace headcount
