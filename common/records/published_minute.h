// A minute with a committed record, as the status shows it. Plain data: the writer stores it, the coordinator shows it.
#pragma once

#include <cstdint>

#include "common/base/types.h"
#include "common/records/verdict.h"

namespace headcount {

struct PublishedMinute {
  WindowStart start;
  uint64_t unique_users = 0;
  VerdictCounts counts;
  int64_t published_at_ms = 0;  // wall clock of the writer's host
};

}  // namespace headcount
