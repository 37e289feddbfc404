// What was given to a command, wherever it was given: flags win over HEADCOUNT_* variables, these over the config
// file, the file over the defaults. Pure but for the file, which is read by what the surroundings pass in; runs in
// the coordinator, before anything else.
//
//   --allowed-lateness 5s            allowed-lateness = 5s            HEADCOUNT_ALLOWED_LATENESS=5s
//   --until-end                      until-end = true                 HEADCOUNT_UNTIL_END=true
//   -X sasl.mechanism=PLAIN          X.sasl.mechanism = PLAIN         HEADCOUNT_X_SASL_MECHANISM=PLAIN
//   --config FILE                    (a file names no other one)      HEADCOUNT_CONFIG=FILE
//
// An empty variable counts as not set: compose files and units pass on what they do not have. In the name of a
// property every _ is a dot; the two that have a _ themselves (log_level, enabled_events) are known. Properties are
// merged one by one: a flag for one leaves the file's others as they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

// The option that sets a property of librdkafka.
inline constexpr std::string_view kPropertyOption = "X";

// The options of `own` that were given. `settings` is the table of `run`: a file and an environment serve all
// commands and may set any of those; each command takes what it has itself. Unknown keys and variables are errors
// (kUsage) with the nearest known one. A file that cannot be read: kHumanNeeded. A command that already has all
// it could take from the file leaves the file alone.
Result<GivenOptions> ReadLayers(std::string_view command, const OptionTable& own, const OptionTable& settings,
                                const std::vector<std::string>& args, const Surroundings& host);

// "HEADCOUNT_ALLOWED_LATENESS"
std::string EnvironmentName(std::string_view option);

}  // namespace headcount
