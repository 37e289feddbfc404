// Whether a job is well, out of its status report: for `headcount health`, probes over HTTP, metrics and the service
// manager. Pure. Runs in the coordinator and in those commands.
#pragma once

#include <string>

#include "coordinator/status/status_report.h"

namespace headcount {

struct Health {
  bool well = false;
  std::string why;  // one line, whichever it is
};

// What the report says, whatever its age. Well: the job has not failed. Ready: moreover, it is past its start, and
// every worker that has partitions lives and has heard from their leaders.
Health HealthSaidBy(const StatusReport& report, bool ready);

// Empty if every worker reads what is its own.
std::string WhyNotReady(const StatusReport& report);

}  // namespace headcount
