// The options of `headcount run`, as a table: their names, values and help. Pure; runs in the coordinator.
#pragma once

#include <string_view>
#include <vector>

#include "coordinator/option_table.h"

namespace headcount {

OptionTable RunOptionTable();

// Options that mean nothing without Kafka.
const std::vector<std::string_view>& KafkaOnlyOptions();

}  // namespace headcount
