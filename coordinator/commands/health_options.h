// Declares the options of `headcount health`: their table, their help, and the parser from words to checked options.
// Errors are kUsage. Pure; runs in the process of the command, before anything else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

struct HealthOptions {
  bool ready = false;
  int64_t max_age_ms = 15'000;
  std::string status_file;
};
Result<HealthOptions> ParseHealth(const std::vector<std::string>& args, const HostEnvironment& host);

OptionTable HealthOptionTable();
std::string HealthHelp();

}  // namespace headcount
