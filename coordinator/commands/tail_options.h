// The options of `headcount tail`: their table, the help, and from words to checked options. Errors are kUsage. Pure;
// runs in the process of the command, before anything else.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

struct TailOptions {
  RunOptions kafka;  // bootstrap_server, output_topic and properties of it
  size_t last = 10;  // of the minutes that are there already
  bool until_end = false;
  bool json = false;
};
Result<TailOptions> ParseTail(const std::vector<std::string>& args, const Surroundings& host);

OptionTable TailOptionTable();
std::string TailHelp();

}  // namespace headcount
