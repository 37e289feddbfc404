// The table of a report, for who wants the numbers or cannot see the charts. Pure.
#pragma once

#include <string>

#include "coordinator/commands/report/report_minutes.h"

namespace headcount {

// A row a minute; where that would be too many, a row an hour, two, a day and so on.
std::string ReportTable(const ReportMinutes& report);

}  // namespace headcount
