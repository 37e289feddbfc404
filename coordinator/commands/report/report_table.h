// Makes the table of a report, for a reader who wants the numbers or cannot see the charts. Pure; runs in `headcount
// report`.
#pragma once

#include <string>

#include "coordinator/commands/report/report_minutes.h"

namespace headcount {

// A row a minute; if these are too many, a row an hour, two hours, a day and so on.
std::string ReportTable(const ReportMinutes& report);

}  // namespace headcount
