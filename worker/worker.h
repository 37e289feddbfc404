// A worker process. It reads the partitions of its slot, furthest behind first, judges every frame, and aggregates the
// users. It seals windows as far as the watermarks of its partitions allow. worker/README.md has the picture.
#pragma once

#include <cstdint>
#include <vector>

#include "common/base/types.h"
#include "common/base/wakeup.h"
#include "common/job/run_options.h"
#include "common/sets/fingerprint.h"
#include "common/shm/job_memory.h"

namespace headcount {

struct PoisonFrame {
  PartitionId partition;
  Offset offset;
};

// All that crosses the fork. The pointers outlive the process.
struct WorkerStart {
  const RunOptions* options = nullptr;
  const shm::JobMemory* memory = nullptr;
  const Wakeups* wakeups = nullptr;
  int parent_fd = -1;  // hangs up when the coordinator dies
  SlotId slot;
  Generation generation;
  FingerprintKey key;
  std::vector<PoisonFrame> poison;  // of this slot's partitions, found since the last commit
};

// Runs the process to its end and returns its exit code. 0: the worker has read all, or drained, and made its last
// hand-off.
int RunWorker(const WorkerStart& start);

}  // namespace headcount
