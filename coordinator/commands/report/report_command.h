// `headcount report`: reads the minutes of the output topic, or records from a file or stdin, and writes a page about
// them. A process of its own that commits nothing and joins no group.
#pragma once

#include "coordinator/commands/report/report_options.h"

namespace headcount {

// Returns the exit code. 0: the page is written. 69: the broker cannot be reached. 75: the broker was lost during the
// reading. 78: there is no such topic or file, a line is no record, or the page cannot be written. The page is replaced
// whole, or stays as it was.
int RunReport(const ReportOptions& options);

}  // namespace headcount
