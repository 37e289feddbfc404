// `headcount run`, from checked options to exit code. Runs in the coordinator.
#pragma once

#include "common/run_options.h"

namespace headcount {

// Forks writer and workers, watches over them until the job is done, drained or failed. Returns the exit code
// of the program (ExitCode in common/result.h); whatever needs saying has been logged.
int RunJob(const RunOptions& options);

}  // namespace headcount
