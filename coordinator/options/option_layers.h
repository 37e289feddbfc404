// Gathers the options of a command from all sources. Flags win over HEADCOUNT_* variables, variables win over the
// config file, and the file wins over the defaults. Pure but for the file, which the host environment reads; runs in
// the coordinator, before anything else.
//
//   --allowed-lateness 5s            allowed-lateness = 5s            HEADCOUNT_ALLOWED_LATENESS=5s
//   --until-end                      until-end = true                 HEADCOUNT_UNTIL_END=true
//   -X sasl.mechanism=PLAIN          X.sasl.mechanism = PLAIN         HEADCOUNT_X_SASL_MECHANISM=PLAIN
//   --config FILE                    (a file names no other one)      HEADCOUNT_CONFIG=FILE
//
// An empty variable counts as not set, because compose files and units pass on variables that they do not have. In the
// name of a property every _ is a dot, except in log_level and enabled_events, which have a _ themselves. Properties
// are merged one by one: a flag for one property leaves the file's others as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

// The option that sets a property of librdkafka.
inline constexpr std::string_view kPropertyOption = "X";

// Returns the options of `own` that the user gave. `settings` is the table of `run`: a file and an environment serve
// all commands and may set any of its options. Each command takes those that it has itself. Unknown keys and variables
// are errors (kUsage) with the nearest known one. A file that cannot be read is kHumanNeeded. A command that already
// has all that it could take from the file does not read the file.
Result<ParsedOptions> ReadLayers(std::string_view command, const OptionTable& own, const OptionTable& settings,
                                 const std::vector<std::string>& args, const HostEnvironment& host);

// The variable of an option, as "HEADCOUNT_ALLOWED_LATENESS".
std::string EnvironmentName(std::string_view option);

}  // namespace headcount
