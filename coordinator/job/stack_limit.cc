#include "coordinator/job/stack_limit.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "common/base/units.h"

namespace headcount {
namespace {

// Linux's default; all tests run with it.
constexpr uint64_t kUsualBytes = uint64_t{8} << 20;
// 192 KiB were enough for a job on files, 128 KiB were not.
constexpr uint64_t kNeededBytes = uint64_t{512} << 10;

// When this program began, glibc took the soft limit as the stack size of every thread.
void GiveThreads(uint64_t bytes) {
  pthread_attr_t attributes;
  if (pthread_getattr_default_np(&attributes) != 0) return;
  size_t size = 0;
  if (pthread_attr_getstacksize(&attributes, &size) == 0 && size < bytes) {
    if (pthread_attr_setstacksize(&attributes, bytes) == 0) pthread_setattr_default_np(&attributes);
  }
  pthread_attr_destroy(&attributes);
}

Error TooSmall(uint64_t bytes) {
  return Error{ExitCode::kHumanNeeded, "a stack may have " + std::to_string(bytes >> 10) + " KiB here, and " +
                                           FormatSizeBytes(kNeededBytes) +
                                           " are needed: raise the hard limit (ulimit -Hs, LimitSTACK=)"};
}

}  // namespace

StackPlan PlanStack(uint64_t soft_bytes, uint64_t hard_bytes) {
  StackPlan plan;
  plan.soft_bytes = std::max(soft_bytes, std::min(kUsualBytes, hard_bytes));
  plan.suffices = plan.soft_bytes >= kNeededBytes;
  return plan;
}

Result<void> EnsureStack() {
  static_assert(RLIM_INFINITY == UINT64_MAX, "PlanStack() takes it for the largest number");
  rlimit limit{};
  if (getrlimit(RLIMIT_STACK, &limit) != 0) return {};
  const StackPlan plan = PlanStack(limit.rlim_cur, limit.rlim_max);
  // The kernel checks the limit when a stack grows, so the raised limit holds for this process too. Threads keep the
  // old size.
  if (plan.soft_bytes != limit.rlim_cur) {
    const uint64_t before = limit.rlim_cur;
    limit.rlim_cur = plan.soft_bytes;
    if (setrlimit(RLIMIT_STACK, &limit) != 0 && before < kNeededBytes) return TooSmall(before);
  }
  if (!plan.suffices) return TooSmall(plan.soft_bytes);
  GiveThreads(kUsualBytes);
  return {};
}

}  // namespace headcount
