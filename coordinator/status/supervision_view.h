// The supervisor's part of the status file: the job's state and its children. Plain data; the coordinator makes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/types.h"

namespace headcount {

struct SupervisionView {
  struct Child {
    int64_t pid = 0;  // 0: not running
    Generation generation;
    uint64_t restarts = 0;
  };
  std::string state;  // "starting", "running", "draining", "done" or "failed"
  Child writer;
  std::vector<Child> workers;  // by slot
};

}  // namespace headcount
