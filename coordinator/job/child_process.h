// A forked child that cannot outlive its parent, holds nothing it should not, and always ends with an exit
// code. Runs in the coordinator, which stays single-threaded: that is what makes a fork safe.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/job/obituary.h"

namespace headcount {

// Forks a child that runs `body` and ends with its result, by _exit(): nothing that the parent had buffered is
// written twice, and what the child has buffered itself it must flush itself.
//
// In the child, before `body`:
//   - it dies by SIGKILL with its parent; if `parent_pid` is gone already, it ends at once;
//   - where memory runs out the kernel ends it before the parent;
//   - every signal is unblocked and has its default action, but SIGTERM, SIGINT, SIGHUP and SIGUSR1 are ignored (a
//     terminal sends them to the whole group; the coordinator tells its children what to do) and so are SIGPIPE
//     and SIGXFSZ, which are failed writes here;
//   - every descriptor is closed but 0, 1, 2 and `keep_fds`;
//   - log lines carry `role`, and ps and top call it hc-`role`.
// An exception that leaves `body` is logged and gives exit code 70.
//
// The error is kTryAgain with the reason; `fork_errno`, if given, gets the number.
Result<pid_t> ForkChild(const std::string& role, const std::vector<int>& keep_fds, pid_t parent_pid,
                        const std::function<int()>& body, int* fork_errno = nullptr);

// Every child that has died since the last call; never waits.
std::vector<Death> ReapChildren();

// SIGKILL. The caller names children only that it has not reaped.
void KillChild(pid_t pid);

}  // namespace headcount
