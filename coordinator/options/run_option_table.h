// The options of `headcount run`, as a table: their names, values and help. Pure; runs in the coordinator.
#pragma once

#include <string_view>
#include <vector>

#include "coordinator/options/option_table.h"

namespace headcount {

OptionTable RunOptionTable();

// --config, which every command has that shares an option with `run`.
OptionSpec ConfigSpec();

// Options that mean nothing without Kafka. A flag of theirs beside --input is refused; a file or an environment that
// serves other starts too may hold them.
const std::vector<std::string_view>& KafkaOnlyOptions();

}  // namespace headcount
