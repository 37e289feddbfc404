// How a command ends whose reader has gone, as in `headcount run --input x | head -1`: quietly, by SIGPIPE, as every
// Unix tool does; a shell shows 141. Whoever started us with SIGPIPE ignored wants an error instead, as from those
// tools. Runs in the coordinator, in the writer and in commands that print.
#pragma once

namespace headcount {

// To be called before anything changes what SIGPIPE does; children that are forked later know it too.
void RememberSigpipe();

// Ends this process by SIGPIPE. Returns only where it was ignored at the start.
void EndByBrokenPipe();

// Nobody will ever read what is printed from now on. For who prints seldom and would not notice.
bool ReaderOfStdoutHasGone();

}  // namespace headcount
