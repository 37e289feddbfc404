#include "coordinator/status/health.h"

#include "common/base/limits.h"

namespace headcount {
namespace {

std::string Summary(const StatusReport& report) {
  return report.state + ", " + std::to_string(report.living_workers()) + " workers, " +
         std::to_string(report.partitions.size()) + " partitions";
}

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

}  // namespace headcount
