#include "coordinator/commands/health_command.h"

#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "common/base/units.h"
#include "common/base/wakeup.h"

namespace headcount {
namespace {

std::string AgeText(int64_t age_ms) {
  return age_ms < 0 ? std::to_string(-age_ms / 1000) + " s in the future" : std::to_string(age_ms / 1000) + " s old";
}

// Only a hint: another container or host may have its own pids.
bool SeemsGone(int64_t pid) { return pid > 0 && kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH; }

}  // namespace

Health HealthOf(const StatusReport& report, const HealthOptions& options, int64_t now_ms) {
  Health said = HealthSaidBy(report, options.ready);
  if (report.state == "failed") return said;
  // A file from the future would stay fresh for too long: the wall clock was set back, so its age proves nothing.
  const int64_t age_ms = now_ms - report.updated_at_ms;
  if (std::abs(age_ms) > options.max_age_ms) {
    return {false, "status file " + options.status_file + " is " + AgeText(age_ms) + ", and at most " +
                       FormatDurationMs(options.max_age_ms) + " is allowed (--max-age)"};
  }
  return said.well ? Health{true, said.why + ", status " + AgeText(age_ms)} : said;
}

int RunHealth(const HealthOptions& options) {
  Health health;
  const Result<StatusReport> report = ReadStatusFile(options.status_file);
  if (report) {
    health = HealthOf(*report, options, WallClockMs());
    if (!health.well && SeemsGone(report->coordinator_pid)) {
      health.why += "; there is no process " + std::to_string(report->coordinator_pid);
    }
  } else {
    health.why = report.error().message;
  }
  printf("%s\n", health.why.c_str());
  fflush(stdout);
  return static_cast<int>(health.well ? ExitCode::kDone : ExitCode::kUnhealthy);
}

}  // namespace headcount
