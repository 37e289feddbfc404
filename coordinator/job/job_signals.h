// What a job is told by signals. Runs in the coordinator, with one thread.
//
// SIGTERM and SIGINT: finish and end; the second one: end at once. SIGHUP: read the configuration again and open the
// log file anew; but if a terminal that stdin, stdout or stderr was has gone, finish and end. SIGUSR1: write the whole
// state to the log.
#pragma once

#include <sys/types.h>

#include <vector>

#include "common/base/result.h"

namespace headcount {

// Asked to stop before anything has begun, as while it waits for the lock, it has nothing to finish and ends with 0.
// Who has the signals ignored, as a shell does for what it starts in the background, means it. SIGHUP and SIGUSR1 wait
// from now on; an ignored SIGHUP stays ignored, as with nohup.
void PrepareForSignals();

class JobSignals {
 public:
  struct Taken {
    int stops = 0;
    bool reload = false;
    bool show_state = false;
  };

  // From now on they wait until they are taken, and SIGCHLD wakes whoever waits for `fd`. Children put the mask back
  // (child_process.h). Called once.
  static Result<JobSignals> Block();

  int fd() const { return fd_; }
  // What has come since it was called last.
  Taken Take();

 private:
  JobSignals(int fd, std::vector<int> terminals) : fd_(fd), terminals_(std::move(terminals)) {}
  bool TerminalHasGone() const;

  int fd_;
  bool hung_up_ = false;        // a terminal goes once, but a shell and the kernel both may tell of it
  std::vector<int> terminals_;  // which of stdin, stdout and stderr were one at the start
};

}  // namespace headcount
