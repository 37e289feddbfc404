// Forks a child that cannot outlive its parent, that holds only the descriptors meant for it, and that always ends with
// an exit code. Runs in the coordinator. The fork is safe because the coordinator stays single-threaded.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/job/obituary.h"

namespace headcount {

// Forks a child that runs `body` and ends with its result, by _exit(). So the child does not write the parent's
// buffered output again; it must flush its own buffers itself.
//
// In the child, before `body`:
//   - the kernel kills it (SIGKILL) with its parent; if `parent_pid` is gone already, it ends at once;
//   - if memory runs out, the kernel ends it before the parent;
//   - every signal is unblocked and has its default action, except those of the next two lines;
//   - SIGTERM, SIGINT, SIGHUP and SIGUSR1 are ignored: a terminal sends them to the whole group, and the
//     coordinator tells its children what to do;
//   - SIGPIPE and SIGXFSZ are ignored: they are failed writes here;
//   - every descriptor is closed but 0, 1, 2 and `keep_fds`;
//   - log lines carry `role`, and ps and top call the child hc-`role`.
// An exception that leaves `body` is logged and gives exit code 70.
//
// The error is kTryAgain with the reason; `fork_errno`, if given, gets the errno.
Result<pid_t> ForkChild(const std::string& role, const std::vector<int>& keep_fds, pid_t parent_pid,
                        const std::function<int()>& body, int* fork_errno = nullptr);

// Returns every child that has died since the last call; never waits.
std::vector<Death> ReapChildren();

// Sends SIGKILL. The caller passes only children that it has not reaped.
void KillChild(pid_t pid);

}  // namespace headcount
