#include "coordinator/commands/health_command.h"

#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/base/wakeup.h"

namespace headcount {
namespace {

std::string AgeText(int64_t age_ms) {
  return age_ms < 0 ? std::to_string(-age_ms / 1000) + " s in the future" : std::to_string(age_ms / 1000) + " s old";
}

std::string Summary(const StatusReport& report) {
  return report.state + ", " + std::to_string(report.living_workers()) + " workers, " +
         std::to_string(report.partitions.size()) + " partitions";
}

// Only a hint: another container or host may have its own numbers.
bool SeemsGone(int64_t pid) { return pid > 0 && kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH; }

}  // namespace

std::string WhyNotReady(const StatusReport& report) {
  if (report.state == "done") return "";
  if (report.state != "running" && report.state != "draining") return "the job is " + report.state;
  if (report.partitions.empty()) return "no partition is known yet";
  for (const StatusReport::Worker& worker : report.workers) {
    if (worker.partitions.empty() || worker.pid != 0) continue;
    return "worker " + std::to_string(worker.slot) + " is not running";
  }
  for (const StatusReport::Partition& p : report.partitions) {
    if (p.state != "unknown") continue;
    return "nothing was heard yet from the leader of partition " + std::to_string(p.partition);
  }
  if (report.writer.committing_ms >= limits::kCommitStuckMs) {
    return "what is due could not be committed for " + std::to_string(report.writer.committing_ms / 1000) +
           " s; the log says why";
  }
  return "";
}

Health HealthSaidBy(const StatusReport& report, bool ready) {
  if (report.state == "failed") return {false, "the job has failed; the last lines of its log say why"};
  const std::string why_not = ready ? WhyNotReady(report) : "";
  if (!why_not.empty()) return {false, "not ready: " + why_not};
  return {true, (ready ? "ready: " : "alive: ") + Summary(report)};
}

Health HealthOf(const StatusReport& report, const HealthOptions& options, int64_t now_ms) {
  Health said = HealthSaidBy(report, options.ready);
  if (report.state == "failed") return said;
  // A file from the future would stay fresh for as long: the clock was set back, and it proves nothing.
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
