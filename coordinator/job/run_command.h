// `headcount run`: the job itself, or what --print-config and --check-config say of it. The only commands' code that
// makes clients in the coordinator's process, before there is a job.
#pragma once

#include "coordinator/options/run_request.h"

namespace headcount {

// Does what is asked, and returns the exit code of the program; whatever needs saying has been said.
int RunRun(const RunRequest& request);

}  // namespace headcount
