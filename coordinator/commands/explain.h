// Why a minute is not out yet, or when it came out and with what: for a person who was just woken up. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/types.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// `asked`: any moment within the minute; nothing: the next minute that will come. `now_ms`: the wall clock. The text
// has lines of at most 80 columns and a line end behind each.
std::string Explain(const StatusReport& report, std::optional<EventTime> asked, int64_t now_ms);

// Where the last invalid frame of each reason and the last future one are, what the first of each looked like, and the
// command that shows the last (kcat for a topic). Commands are not wrapped.
std::string ExplainRejected(const StatusReport& report, int64_t now_ms);
// The same of the last late one.
std::string ExplainLate(const StatusReport& report, int64_t now_ms);

}  // namespace headcount
