// `headcount health`: is the job alive, and does it read? For service managers and containers. A process of
// its own; needs no broker.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/options/command_line.h"
#include "coordinator/status/status_report.h"

namespace headcount {

struct Health {
  bool well = false;
  std::string why;  // one line, whichever it is
};

// What the report says, whatever its age. Well: the job has not failed. Ready: moreover, it is past its start, and
// every worker that has partitions lives and has heard from their leaders.
Health HealthSaidBy(const StatusReport& report, bool ready);

// As it, and the report must be fresh. `now_ms` is the wall clock.
Health HealthOf(const StatusReport& report, const HealthOptions& options, int64_t now_ms);

// Empty if every worker reads what is its own.
std::string WhyNotReady(const StatusReport& report);

// Prints the line to stdout. Returns the exit code: 0 or 1; also 1 without a readable file.
int RunHealth(const HealthOptions& options);

}  // namespace headcount
