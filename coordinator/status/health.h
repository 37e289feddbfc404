// Derives from a status report whether a job is well. `headcount health`, probes over HTTP, the metrics and the service
// manager show the answer. Pure. Runs in the coordinator and in `headcount health`.
#pragma once

#include <string>

#include "coordinator/status/status_report.h"

namespace headcount {

struct Health {
  bool well = false;
  std::string why;  // one line, whichever it is
};

// Judges the report whatever its age. Well: the job has not failed. Ready: the job is also past its start, and every
// worker with partitions is alive and has heard from their leaders.
Health HealthSaidBy(const StatusReport& report, bool ready);

// Empty if every worker reads its partitions; otherwise the reason.
std::string WhyNotReady(const StatusReport& report);

}  // namespace headcount
