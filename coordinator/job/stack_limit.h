// The stack that a shell or a service manager allows (ulimit -s): a process that runs out of it dies of SIGSEGV without
// a word, and so would every child after it. Looked at before there is a thread or a child.
#pragma once

#include <cstdint>

#include "common/base/result.h"

namespace headcount {

// What is to be done about a soft and a hard limit, in bytes; UINT64_MAX is none.
struct StackPlan {
  uint64_t soft_bytes = 0;  // what the soft one becomes
  bool suffices = false;
};
StackPlan PlanStack(uint64_t soft_bytes, uint64_t hard_bytes);

// Raises the soft limit of this process and what its threads get, those of client libraries too. kHumanNeeded where the
// hard limit leaves too little.
Result<void> EnsureStack();

}  // namespace headcount
