// From the words behind `headcount run` to checked options: everything that can be wrong with them is said before
// anything is read, with the option, its value and what would be right (kUsage). What is around a command, as the
// environment and the files it names, is passed in. Runs in the coordinator, before the first fork.
// The other commands declare theirs beside themselves (commands/*_options.h).
//
// `args` are the words after the command's name.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/run_request.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

// With --input, `until_end` is always set: files and pipes have an end. Properties (-X) are taken apart here;
// whether librdkafka knows them is for common/kafka to say.
Result<RunRequest> ParseRunRequest(const std::vector<std::string>& args, const Surroundings& host);
// Its options alone.
Result<RunOptions> ParseRun(const std::vector<std::string>& args, const Surroundings& host);

// What is asked for instead of running; it is answered even if other words are wrong.
enum class Asked { kNothing, kHelp, kVersion };
Asked WhatIsAsked(const std::vector<std::string>& args);

std::string GeneralHelp();
std::string RunHelp();

}  // namespace headcount
