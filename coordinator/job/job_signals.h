// Takes the signals that tell a job what to do. Runs in the coordinator, with one thread.
//
//   SIGTERM, SIGINT   finish and end; the second signal: end at once
//   SIGHUP            read the configuration again and reopen the log file; if a terminal that was stdin, stdout or
//                     stderr has gone: finish and end
//   SIGUSR1           write the whole state to the log
#pragma once

#include <sys/types.h>

#include <vector>

#include "common/base/result.h"

namespace headcount {

// A job that is stopped before it has begun, as while it waits for the lock, has nothing to finish and ends with 0. A
// parent that ignores these signals, as a shell does for background commands, keeps them ignored. From this call on
// SIGHUP and SIGUSR1 stay pending; an ignored SIGHUP stays ignored, as with nohup.
void PrepareForSignals();

class JobSignals {
 public:
  struct Taken {
    int stops = 0;
    bool reload = false;
    bool show_state = false;
  };

  // From now on the signals stay pending until Take(), and SIGCHLD makes `fd` readable. Children restore the mask
  // (child_process.h). Called once.
  static Result<JobSignals> Block();

  int fd() const { return fd_; }
  // The signals that have come since the last call.
  Taken Take();

 private:
  JobSignals(int fd, std::vector<int> terminals) : fd_(fd), terminals_(std::move(terminals)) {}
  bool TerminalHasGone() const;

  int fd_;
  bool hung_up_ = false;        // a terminal goes once, but both a shell and the kernel may report it
  std::vector<int> terminals_;  // those of stdin, stdout and stderr that were a terminal at the start
};

}  // namespace headcount
