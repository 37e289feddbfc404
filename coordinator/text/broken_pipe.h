// Ends a command whose reader has gone, as in `headcount run --input x | head -1`. The command ends quietly, by
// SIGPIPE, as every Unix tool does, and a shell shows 141. A user who starts the program with SIGPIPE ignored gets an
// error instead, as from those tools. Runs in the coordinator, in the writer and in commands that print.
#pragma once

namespace headcount {

// The caller calls it before anything changes how the process handles SIGPIPE. Children that it forks later inherit the
// answer.
void RememberSigpipe();

// Ends this process by SIGPIPE. Returns only if SIGPIPE was ignored at the start.
void EndByBrokenPipe();

// Whether the reader of stdout has closed its end, so that further output reaches no reader. It is for a caller that
// prints seldom, whose writes would show this too late.
bool ReaderOfStdoutHasGone();

}  // namespace headcount
