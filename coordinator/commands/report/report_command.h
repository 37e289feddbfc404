// `headcount report`: reads the minutes of the output topic, or records from a file or stdin, and writes a page about
// them. A process of its own, which commits nothing and joins no group.
#pragma once

#include "coordinator/commands/report/report_options.h"

namespace headcount {

// Returns the exit code: 0; 69 where the broker cannot be reached, 75 where it is lost meanwhile, 78 where there is no
// such topic or file, a line is no record, or the page cannot be written. The page is there whole, or as it was.
int RunReport(const ReportOptions& options);

}  // namespace headcount
