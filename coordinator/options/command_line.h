// Turns the words behind `headcount run` into checked options. Every error in them is found before the job reads
// anything; it names the option, its value and what would be right (kUsage). The environment and the files that a
// command names are passed in. Runs in the coordinator, before the first fork. The other commands declare their options
// beside themselves (commands/*_options.h).
//
// `args` are the words after the command's name.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/run_request.h"

namespace headcount {

// With --input, `until_end` is always set, because files and pipes have an end. Properties (-X) are taken apart here;
// common/kafka checks whether librdkafka knows them.
Result<RunRequest> ParseRunRequest(const std::vector<std::string>& args, const HostEnvironment& host);
// Gives the options of the request alone.
Result<RunOptions> ParseRun(const std::vector<std::string>& args, const HostEnvironment& host);

// A user may ask for the help or the version instead of a run. The program answers even if other words are wrong.
enum class HelpOrVersion { kNothing, kHelp, kVersion };
HelpOrVersion ParseHelpOrVersion(const std::vector<std::string>& args);

std::string GeneralHelp();
std::string RunHelp();

}  // namespace headcount
