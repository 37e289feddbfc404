// `headcount explain`: reads the status file and explains one minute, or the rejected frames. A process of its own that
// needs no broker and no job.
#pragma once

#include "coordinator/commands/explain_options.h"

namespace headcount {

// Prints to stdout. Returns the exit code: 0, or 78 if there is no readable status file.
int RunExplain(const ExplainOptions& options);

}  // namespace headcount
