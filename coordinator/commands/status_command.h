// `headcount status`: shows the status file to a person. A process of its own that needs no broker and no job.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "coordinator/commands/status_options.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// At most 80 columns, whatever the numbers: processes, partitions, what holds back the low watermark, totals. `now_ms`
// is the wall clock, for the age of the report.
std::string StatusTable(const StatusReport& report, int64_t now_ms);

// Reads the status file that the user means; the error says how to name another.
Result<StatusReport> ReadStatusOf(const std::string& status_file);

// Prints the table, or the file itself, to stdout; with `watch` again and again, in place on a terminal. Returns the
// exit code: 0, or 78 if there is no readable file.
int RunStatus(const StatusOptions& options);

}  // namespace headcount
