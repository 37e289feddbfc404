// `headcount run`, from checked options to exit code. Runs in the coordinator.
#pragma once

#include <functional>

#include "common/base/result.h"
#include "common/job/run_options.h"

namespace headcount {

// Reads the configuration again, from the same words, environment and files.
using Reread = std::function<Result<RunOptions>()>;

// Forks writer and workers, and watches over them until the job is done, drained or failed. Returns the exit code of
// the program (ExitCode in common/base/result.h). All errors have been logged by then.
int RunJob(const RunOptions& options, const Reread& reread);

}  // namespace headcount
