#include "coordinator/job/job_log.h"

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/units.h"
#include "common/log/log.h"
#include "common/log/log_output.h"
#include "coordinator/options/cgroup.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

constexpr double kMebibyte = 1 << 20;

uint64_t RestartsOf(const StatusReport& report) {
  uint64_t restarts = report.writer.restarts;
  for (const StatusReport::Worker& worker : report.workers) restarts += worker.restarts;
  return restarts;
}

uint64_t MemoryOf(const StatusReport& report) {
  uint64_t bytes = 0;
  for (const StatusReport::Worker& worker : report.workers) bytes += worker.memory_bytes;
  return bytes;
}

void LogJobLine(LogAction action, const StatusReport& report, const std::string& text) {
  const VerdictCounts& totals = report.totals;
  Log(action, text,
      {{LogLabel::kState, report.state},
       {LogLabel::kClosedUpto,
        report.has_closed_frontier ? std::optional<int64_t>(report.closed_frontier) : std::nullopt},
       {LogLabel::kMinutesPublished, report.minutes_published},
       {LogLabel::kRecords, report.records()},
       {LogLabel::kEvents, totals.counted},
       {LogLabel::kLate, totals.late},
       {LogLabel::kInvalid, totals.invalid()},
       {LogLabel::kFuture, totals.future},
       {LogLabel::kLag, report.known_lag().value_or(0)},
       {LogLabel::kRestarts, RestartsOf(report)},
       {LogLabel::kMemoryBytes, MemoryOf(report)}});
}

void LogJobLine(LogAction action, const StatusReport& report) {
  const VerdictCounts& totals = report.totals;
  const std::string closed = report.has_closed_frontier ? "closed up to " + TimeText(report.closed_frontier)
                                                        : std::string("no minute closed yet");
  LogJobLine(action, report,
             report.state + ", " + closed + ", " + Short(report.minutes_published) + " minutes published; records=" +
                 Short(report.records()) + " events=" + Short(totals.counted) + " late=" + Short(totals.late) +
                 " invalid=" + Short(totals.invalid()) + " future=" + Short(totals.future) + " lag=" +
                 Short(static_cast<double>(report.known_lag().value_or(0))) + " restarts=" + Short(RestartsOf(report)) +
                 " memory=" + Short(static_cast<double>(MemoryOf(report)) / kMebibyte) + " MiB");
}

std::string PidText(int64_t pid) { return pid == 0 ? "none" : std::to_string(pid); }

void LogWriterLine(const StatusReport::Writer& writer) {
  Log(LogAction::kWriterState,
      "writer: pid=" + PidText(writer.pid) + " life=" + Short(writer.generation) +
          " restarts=" + Short(writer.restarts),
      {{LogLabel::kChildPid, writer.pid},
       {LogLabel::kGeneration, writer.generation},
       {LogLabel::kRestarts, writer.restarts}});
}

void LogWorkerLine(const StatusReport::Worker& worker) {
  std::vector<PartitionId> partitions;
  for (const int32_t p : worker.partitions) partitions.emplace_back(p);
  const std::string list = ListText(partitions);
  Log(LogAction::kWorkerState,
      "worker " + std::to_string(worker.slot) + ": pid=" + PidText(worker.pid) + " life=" + Short(worker.generation) +
          " restarts=" + Short(worker.restarts) + " partitions=" + list + " records=" + Short(worker.records) + " (" +
          Short(worker.records_per_s) + "/s) memory=" + Short(static_cast<double>(worker.memory_bytes) / kMebibyte) +
          " MiB",
      {{LogLabel::kChildSlot, worker.slot},
       {LogLabel::kChildPid, worker.pid},
       {LogLabel::kGeneration, worker.generation},
       {LogLabel::kRestarts, worker.restarts},
       {LogLabel::kPartitions, list},
       {LogLabel::kRecords, worker.records},
       {LogLabel::kMemoryBytes, worker.memory_bytes}});
}

void LogPartitionLine(const StatusReport::Partition& p) {
  const auto known = [](int64_t number) { return number < 0 ? std::nullopt : std::optional<int64_t>(number); };
  const auto text = [](int64_t number) { return number < 0 ? std::string("?") : std::to_string(number); };
  const std::string& state = p.idle_reason.empty() ? p.state : p.idle_reason;
  Log(LogAction::kPartitionState,
      "partition " + std::to_string(p.partition) + ": worker=" + std::to_string(p.worker) +
          " position=" + text(p.position) + " end=" + text(p.end) + " lag=" + text(p.lag) +
          " watermark=" + (p.has_watermark ? TimeText(p.watermark) : "none") + " held=" + Short(p.held) + " " + state,
      {{LogLabel::kPartition, p.partition},
       {LogLabel::kChildSlot, p.worker},
       {LogLabel::kOffset, known(p.position)},
       {LogLabel::kLag, known(p.lag)},
       {LogLabel::kWatermark, p.has_watermark ? std::optional<int64_t>(p.watermark) : std::nullopt},
       {LogLabel::kUnconfirmed, p.held},
       {LogLabel::kState, state}});
}

}  // namespace

void LogObituary(const Obituary& obituary, bool expected) {
  using Kind = Death::Kind;
  const Death& death = obituary.death;
  const auto code_if = [&death](Kind kind) {
    return death.kind == kind ? std::optional<int64_t>(death.code) : std::nullopt;
  };
  const bool restarts = obituary.action != DeathAction::kEnd;
  const auto& mark = obituary.mark;
  LogAction action = expected ? LogAction::kWriterEnded : LogAction::kWriterDied;
  if (obituary.slot) action = expected ? LogAction::kWorkerEnded : LogAction::kWorkerDied;
  const std::string partitions = obituary.slot ? ListText(obituary.partitions) : "";
  Log(action, Text(obituary),
      {{LogLabel::kChildPid, death.pid},
       {LogLabel::kGeneration, obituary.generation.value()},
       {LogLabel::kChildExitCode, code_if(Kind::kExited)},
       {LogLabel::kChildSignal, code_if(Kind::kSignaled)},
       {LogLabel::kChildForkErrno, code_if(Kind::kNotStarted)},
       {LogLabel::kCause, CauseWord(obituary)},
       {LogLabel::kChildUptimeS, obituary.uptime_s},
       {LogLabel::kDecision, Name(obituary.action)},
       {LogLabel::kChildRestartDelayMs, restarts ? std::optional<int64_t>(obituary.delay_ms) : std::nullopt},
       {LogLabel::kChildSlot, obituary.slot ? std::optional<int64_t>(obituary.slot->value()) : std::nullopt},
       {LogLabel::kPartitions, partitions},
       {LogLabel::kPartition, mark ? std::optional<int64_t>(mark->partition.value()) : std::nullopt},
       {LogLabel::kOffset, mark ? std::optional<int64_t>(mark->offset.value()) : std::nullopt}});
}

void LogMemoryKill(const Obituary& obituary, const RunOptions& options, std::optional<uint64_t> limit_bytes) {
  const std::string role = obituary.slot ? "worker " + std::to_string(obituary.slot->value()) : "the writer";
  const uint64_t smaller = DefaultMemoryBytes(limit_bytes, options.workers);
  const std::string limit = limit_bytes ? "this job may take " + FormatSizeBytes(*limit_bytes >> 20 << 20) + " in all"
                                        : "the host has no more";
  const std::string size = smaller < options.memory_bytes ? FormatSizeBytes(smaller) : "of a smaller SIZE";
  Log(LogAction::kMemoryKilled,
      "the kernel's memory killer ended " + role + ": " + limit + ", and " + std::to_string(options.workers) +
          " workers may each take " + FormatSizeBytes(options.memory_bytes) + " for their windows; type --memory " +
          size + " or fewer --workers, or raise the limit (memory.max, MemoryMax=, resources.limits.memory)",
      {{LogLabel::kRole, role}, {LogLabel::kChildPid, obituary.death.pid}, {LogLabel::kMemoryBytes, limit_bytes}});
}

Result<void> CheckMemory(const RunOptions& options, std::optional<uint64_t> limit_bytes) {
  if (!limit_bytes || *limit_bytes >= MostMemoryBytes(options.memory_bytes, options.workers)) return {};
  const std::string limit = FormatSizeBytes(*limit_bytes >> 10 << 10);
  const std::string workers = std::to_string(options.workers) + (options.workers == 1 ? " worker" : " workers");
  const uint64_t least = LeastMemoryBytes(options.workers);
  if (*limit_bytes < least) {
    return Error{ExitCode::kHumanNeeded, "the memory limit of this job's control group is " + limit + ", and " +
                                             workers + " need " + FormatSizeBytes(least >> 10 << 10) +
                                             " at the very least: raise it (memory.max, MemoryMax=, "
                                             "resources.limits.memory)"};
  }
  const uint64_t smaller = DefaultMemoryBytes(limit_bytes, options.workers);
  const std::string advice = smaller < options.memory_bytes ? "--memory " + FormatSizeBytes(smaller) + ", " : "";
  Log(LogAction::kMemoryTight,
      workers + " with --memory " + FormatSizeBytes(options.memory_bytes) + " and their buffers may come to " +
          FormatSizeBytes(MostMemoryBytes(options.memory_bytes, options.workers)) +
          ", but the limit of this job's control group is " + limit + ", and the kernel kills what passes it: take " +
          advice + "fewer --workers, or a higher limit",
      {{LogLabel::kMemoryBytes, limit_bytes}});
  return {};
}

void LogJobFailure(const Error& error) {
  LogFailure(LogAction::kJobFailed, error);
  if (LogsToFile()) WriteToStderr("headcount: " + error.message + "\n");
}

void LogSummary(const StatusReport& report, const std::string& text) {
  LogJobLine(LogAction::kJobSummary, report, text);
}

void LogProgress(const StatusReport& report) { LogJobLine(LogAction::kJobProgress, report); }

void LogState(const StatusReport& report) {
  LogJobLine(LogAction::kJobState, report);
  LogWriterLine(report.writer);
  for (const StatusReport::Worker& worker : report.workers) LogWorkerLine(worker);
  for (const StatusReport::Partition& partition : report.partitions) LogPartitionLine(partition);
  for (const StatusReport::Holder& holder : report.held_by) {
    Log(LogAction::kWatermarkHeld,
        "the clock is held by partition " + std::to_string(holder.partition) + ": " + holder.why,
        {{LogLabel::kPartition, holder.partition}});
  }
}

void TransactionsAwaited::LogNew(const StatusReport& report) {
  for (const StatusReport::Partition& p : report.partitions) {
    if (!p.waits_for_transaction(report.updated_at_ms)) continue;
    if (!told_.emplace(p.partition, p.position).second) continue;
    Log(LogAction::kTransactionAwaited,
        "waiting for an open transaction in partition " + std::to_string(p.partition) + " of " + report.rule.input +
            ": offsets [" + std::to_string(p.position) + ", " + std::to_string(p.transaction_end) +
            ") are read once it is committed or aborted, which its producer's transaction.timeout.ms bounds; "
            "--leave-open does not wait",
        {{LogLabel::kTopic, report.rule.input},
         {LogLabel::kPartition, p.partition},
         {LogLabel::kOffset, p.position},
         {LogLabel::kNextOffset, p.transaction_end}});
  }
}

void LogReload(const Reload& reload) {
  for (const Reload::Refused& refused : reload.refused) {
    Log(LogAction::kConfigRefused, refused.sentence, {{LogLabel::kOption, refused.option}});
  }
  Log(LogAction::kConfigReloaded, std::string("configuration read again: log-level is ") + Name(reload.log_level));
}

void LogReloadFailure(const Error& error) {
  Log(LogAction::kConfigRefused, "what cannot be taken anew is left as it was, and the job goes on: " + error.message);
}

}  // namespace headcount
