// Makes the text that --print-config prints: every option with its value and its origin, as a config file that gives
// the same job again. Pure; runs in the coordinator.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/job/run_options.h"
#include "coordinator/options/option_table.h"

namespace headcount {

// The value of an option as a config file writes it, as "60s" or "true"; empty if it is not set. Nothing for an option
// that no file may set, and for properties, which have no single value. Nothing also for an option that the table here
// lacks; a test finds such a lack.
// A test finds such a lack.
std::optional<std::string> ShownValue(std::string_view option, const RunOptions& options);

// `given` are the options that became `options`. A secret is shown as a comment without its value, with the file that
// it was read from. With --input the text leaves out what is about Kafka.
std::string ShownConfig(const OptionTable& table, const ParsedOptions& given, const RunOptions& options);

}  // namespace headcount
