// Makes the charts of a report: users, events, and frames that were not counted. Pure; runs in `headcount report`.
#pragma once

#include <string>

#include "coordinator/commands/report/report_minutes.h"

namespace headcount {

// Three sections; there is at least one minute.
std::string ReportCharts(const ReportMinutes& report);

}  // namespace headcount
