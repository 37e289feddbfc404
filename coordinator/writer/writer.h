// The writer process: the only one that publishes. It makes the claim, watches the topic for new partitions,
// unites the sealed windows that every worker has passed, and commits their records with the safe points.
#pragma once

#include "common/base/types.h"
#include "common/base/wakeup.h"
#include "common/job/run_options.h"
#include "common/shm/job_memory.h"

namespace headcount {

// All that crosses the fork. The pointers outlive the process.
struct WriterStart {
  const RunOptions* options = nullptr;
  const shm::JobMemory* memory = nullptr;
  const Wakeups* wakeups = nullptr;
  int parent_fd = -1;  // hangs up when the coordinator dies
  Generation generation;
  RunId run;  // fresh and random, for the claim of this life
};

// The process's whole life; returns its exit code. 0: all that was to be published is committed.
int RunWriter(const WriterStart& start);

}  // namespace headcount
