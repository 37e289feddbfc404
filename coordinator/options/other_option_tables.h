// The options of the commands beside `run`, as tables. Pure; run_option_table.h has those of `run`.
#pragma once

#include "coordinator/options/option_table.h"

namespace headcount {

OptionTable StatusOptionTable();
OptionTable ExplainOptionTable();
OptionTable TailOptionTable();
OptionTable ReportOptionTable();
OptionTable HealthOptionTable();

}  // namespace headcount
