// What --print-config prints: every option, its value and where it comes from, as a config file that gives the same
// job again. Pure; runs in the coordinator.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/job/run_options.h"
#include "coordinator/options/option_table.h"

namespace headcount {

// The value of an option as a config file says it: "60s", "true"; empty: it is not set. Nothing for what no file may
// say, for properties (there is no one value of them), and for an option that is missing here: a test finds that.
std::optional<std::string> ShownValue(std::string_view option, const RunOptions& options);

// `given` became `options`. Secrets are comments without their value; the file that one was read from is shown. With
// --input what is about Kafka is left out.
std::string ShownConfig(const OptionTable& table, const GivenOptions& given, const RunOptions& options);

}  // namespace headcount
