// What `headcount run` is asked to do: the job itself, or to show or check its configuration. Plain
// data, made from the command line (command_line.h) and done by job/run_command.h. Runs in the coordinator.
#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"
#include "common/job/run_options.h"

namespace headcount {

struct RunRequest {
  enum class What { kRun, kPrintConfig, kCheckConfig, kCheckReady };
  What what = What::kRun;
  RunOptions options;
  std::string shown_config;                    // kPrintConfig: what to print
  std::function<Result<RunOptions>()> reread;  // kRun: the options once more, for a SIGHUP
};

}  // namespace headcount
