// The writer process, the only one that publishes. It makes the takeover, watches the topic for new partitions, merges
// the windows that every worker has sealed, and commits their records with the safe points.
#pragma once

#include "common/base/types.h"
#include "common/base/wakeup.h"
#include "common/job/run_options.h"
#include "common/shm/job_memory.h"

namespace headcount {

// All that crosses the fork. The pointed-to objects outlive the process.
struct WriterStart {
  const RunOptions* options = nullptr;
  const shm::JobMemory* memory = nullptr;
  const Wakeups* wakeups = nullptr;
  int parent_fd = -1;  // hangs up when the coordinator dies
  Generation generation;
  RunId run;  // fresh and random, for the takeover of this generation
};

// Runs the process from start to end and returns its exit code. 0: everything that was to be published is committed.
int RunWriter(const WriterStart& start);

}  // namespace headcount
