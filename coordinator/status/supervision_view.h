// What the supervisor has to say of the job and its children, for the status file. Plain data; made by the coordinator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/types.h"

namespace headcount {

struct SupervisionView {
  struct Child {
    int64_t pid = 0;  // 0: it does not run
    Generation generation;
    uint64_t restarts = 0;
  };
  std::string state;  // "starting", "running", "draining", "done" or "failed"
  Child writer;
  std::vector<Child> workers;  // by slot
};

}  // namespace headcount
