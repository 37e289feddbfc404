// What a user asks of `headcount run`: the job itself, or to show or check its configuration. Plain data:
// command_line.h makes it, and job/run_command.h carries it out. Runs in the coordinator.
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
  std::string shown_config;                    // kPrintConfig: the text to print
  std::function<Result<RunOptions>()> reread;  // kRun: reads the options again, for a SIGHUP
};

}  // namespace headcount
