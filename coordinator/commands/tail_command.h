// `headcount tail`: shows the minutes of the output topic to a person or a program, and each new one when it is
// committed. A process of its own that reads with read_committed, commits nothing and joins no group.
#pragma once

#include "coordinator/commands/tail_options.h"

namespace headcount {

// Prints to stdout. Returns the exit code. With `until_end` it is 0 at the end; otherwise only an error ends the
// command: 69 if the broker cannot be reached, 78 if there is no such topic.
int RunTail(const TailOptions& options);

}  // namespace headcount
