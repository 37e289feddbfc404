// `headcount run`: runs the job, or does what --print-config and --check-config ask. This is the only code that makes
// clients in the coordinator's process, and it does so before there is a job. Runs in the coordinator.
#pragma once

#include "coordinator/options/run_request.h"

namespace headcount {

// Carries out the request and returns the exit code of the program. All errors have been reported by then.
int RunRun(const RunRequest& request);

}  // namespace headcount
