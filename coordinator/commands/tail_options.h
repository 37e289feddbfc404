// Declares the options of `headcount tail`: their table, their help, and the parser from words to checked options.
// Errors are kUsage. Pure; runs in the process of the command, before anything else.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

struct TailOptions {
  RunOptions kafka;  // only bootstrap_server, output_topic and properties
  size_t last = 10;  // how many of the present minutes to show
  bool until_end = false;
  bool json = false;
};
Result<TailOptions> ParseTail(const std::vector<std::string>& args, const HostEnvironment& host);

OptionTable TailOptionTable();
std::string TailHelp();

}  // namespace headcount
