// Declares the options of `headcount status`: their table, their help, and the parser from words to checked options.
// Errors are kUsage. Pure; runs in the process of the command, before anything else.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

struct StatusOptions {
  bool json = false;
  bool watch = false;
  std::string status_file;
};
Result<StatusOptions> ParseStatus(const std::vector<std::string>& args, const HostEnvironment& host);

OptionTable StatusOptionTable();
std::string StatusHelp();

}  // namespace headcount
