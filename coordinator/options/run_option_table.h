// The options of `headcount run` as a table: their names, values and help. Pure; runs in the coordinator.
#pragma once

#include <string_view>
#include <vector>

#include "coordinator/options/option_table.h"

namespace headcount {

OptionTable RunOptionTable();

// The row for --config, for every command that shares an option with `run`.
OptionSpec ConfigSpec();

// Options that mean nothing without Kafka. A flag of theirs beside --input is an error. A file or an environment may
// hold them, because it serves other starts too.
const std::vector<std::string_view>& KafkaOnlyOptions();

}  // namespace headcount
