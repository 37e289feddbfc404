// `headcount tail`: the minutes of the output topic for a person or a program, and each new one as it is committed. A
// process of its own, which reads with read_committed, commits nothing and joins no group.
#pragma once

#include "coordinator/commands/tail_options.h"

namespace headcount {

// Prints to stdout. Returns the exit code: 0 with `until_end`, else only an error ends it: 69 where the broker cannot
// be reached, 78 where there is no such topic.
int RunTail(const TailOptions& options);

}  // namespace headcount
