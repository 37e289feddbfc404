// Raises or rejects the stack limit that a shell or a service manager sets (ulimit -s). A process that exceeds its
// stack dies of SIGSEGV without a message, and so would every child after it. Runs in the coordinator, before it has a
// thread or a child.
#pragma once

#include <cstdint>

#include "common/base/result.h"

namespace headcount {

// What to do about a soft and a hard limit, in bytes; UINT64_MAX means no limit.
struct StackPlan {
  uint64_t soft_bytes = 0;  // the new soft limit
  bool suffices = false;
};
StackPlan PlanStack(uint64_t soft_bytes, uint64_t hard_bytes);

// Raises the soft limit of this process and the stack size of its threads, those of client libraries too. The error is
// kHumanNeeded if the hard limit is too small.
Result<void> EnsureStack();

}  // namespace headcount
