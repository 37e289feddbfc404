// Explains why a minute is not published yet, or when it was and with what, for an operator on call. Pure; runs in the
// process of the command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/types.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// `asked`: any moment within the minute; nothing: the next minute that will be published. `now_ms`: the wall clock. The
// text has lines of at most 80 columns, each with a line end.
std::string Explain(const StatusReport& report, std::optional<EventTime> asked, int64_t now_ms);

// Names the offsets of the last invalid frame of each reason and of the last future one, and shows the outline of the
// first of each. It adds the command that shows the last one (kcat for a topic). Commands are not wrapped.
std::string ExplainRejected(const StatusReport& report, int64_t now_ms);
// The same about late frames.
std::string ExplainLate(const StatusReport& report, int64_t now_ms);

}  // namespace headcount
