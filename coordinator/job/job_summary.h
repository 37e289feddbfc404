// What a job says when it ends: what it read, what became of it, and whether that is an error. Pure.
#pragma once

#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// "read 1,000 records: 990 counted, 3 late, 7 invalid (7 bad_ts), 0 future; 2 minutes published".
std::string SummaryText(const StatusReport& report, const RunOptions& options);

// All was read up to its end, and none of it could be counted though it was there: which reasons, where the first frame
// of the most frequent one is, what stands there, and what helps. Late frames alone are no such case: their minutes are
// out.
std::optional<Error> NothingCounted(const StatusReport& report, const RunOptions& options);

}  // namespace headcount
