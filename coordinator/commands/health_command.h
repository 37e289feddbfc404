// `headcount health`: tells service managers and containers whether the job is alive and reads. A process of its own
// that needs no broker.
#pragma once

#include <cstdint>

#include "coordinator/commands/health_options.h"
#include "coordinator/status/health.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// As HealthSaidBy(), and the report must be fresh too. `now_ms` is the wall clock.
Health HealthOf(const StatusReport& report, const HealthOptions& options, int64_t now_ms);

// Prints the line to stdout. Returns the exit code: 0 or 1; also 1 without a readable file.
int RunHealth(const HealthOptions& options);

}  // namespace headcount
