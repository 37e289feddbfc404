// Writes the last lines of a job: what it read, what became of it, and whether that is an error. Pure; runs in the
// coordinator.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// As "read 1,000 records: 990 counted, 3 late, 7 invalid (7 bad_ts), 0 future; 2 minutes published".
std::string SummaryText(const StatusReport& report, const RunOptions& options);

// The error of a job that read its input to the end and could count none of it, though there were frames. It names the
// reasons, the offset and the outline of the first frame of the most frequent one, and what helps. Late frames alone
// are no such case, because their minutes are published.
std::optional<Error> NothingCounted(const StatusReport& report, const RunOptions& options);

}  // namespace headcount
