// Declares the options of `headcount report`: their table, their help, and the parser from words to checked options.
// Errors are kUsage. Pure; runs in the process of the command, before anything else.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/commands/report/report_minutes.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

struct ReportOptions {
  RunOptions kafka;   // as in TailOptions
  std::string input;  // a file of records or -, instead of the topic; empty: the topic
  std::string out;    // the page; -: stdout
  ReportRange range;
};
Result<ReportOptions> ParseReport(const std::vector<std::string>& args, const HostEnvironment& host);

OptionTable ReportOptionTable();
std::string ReportHelp();

}  // namespace headcount
