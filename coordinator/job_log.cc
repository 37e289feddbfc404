#include "coordinator/job_log.h"

#include <cstdint>
#include <optional>
#include <string>

#include "common/log.h"
#include "common/log_output.h"
#include "coordinator/number_text.h"

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

void LogJobLine(LogAction action, const StatusReport& report) {
  const VerdictCounts& totals = report.totals;
  const uint64_t records = totals.records() + report.waiting;
  const int64_t lag = report.known_lag().value_or(0);
  const std::string closed =
      report.has_closed_upto ? "closed up to " + TimeText(report.closed_upto) : std::string("no minute closed yet");
  Log(action,
      report.state + ", " + closed + ", " + Short(report.minutes_published) +
          " minutes published; records=" + Short(records) + " events=" + Short(totals.counted) +
          " late=" + Short(totals.late) + " invalid=" + Short(totals.invalid()) + " future=" + Short(totals.future) +
          " lag=" + Short(static_cast<double>(lag)) + " restarts=" + Short(RestartsOf(report)) +
          " memory=" + Short(static_cast<double>(MemoryOf(report)) / kMebibyte) + " MiB",
      {{LogLabel::kState, report.state},
       {LogLabel::kClosedUpto, report.has_closed_upto ? std::optional<int64_t>(report.closed_upto) : std::nullopt},
       {LogLabel::kMinutesPublished, report.minutes_published},
       {LogLabel::kRecords, records},
       {LogLabel::kEvents, totals.counted},
       {LogLabel::kLate, totals.late},
       {LogLabel::kInvalid, totals.invalid()},
       {LogLabel::kFuture, totals.future},
       {LogLabel::kLag, lag},
       {LogLabel::kRestarts, RestartsOf(report)},
       {LogLabel::kMemoryBytes, MemoryOf(report)}});
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
  const std::string& state = p.excused.empty() ? p.state : p.excused;
  Log(LogAction::kPartitionState,
      "partition " + std::to_string(p.partition) + ": worker=" + std::to_string(p.worker) +
          " position=" + text(p.position) + " end=" + text(p.end) + " lag=" + text(p.lag) +
          " watermark=" + (p.has_watermark ? TimeText(p.watermark) : "none") + " held=" + Short(p.held) + " " + state,
      {{LogLabel::kPartition, p.partition},
       {LogLabel::kChildSlot, p.worker},
       {LogLabel::kOffset, known(p.position)},
       {LogLabel::kLag, known(p.lag)},
       {LogLabel::kWatermark, p.has_watermark ? std::optional<int64_t>(p.watermark) : std::nullopt},
       {LogLabel::kHeld, p.held},
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
       {LogLabel::kCause, obituary.was_hung ? "heartbeat" : ""},
       {LogLabel::kChildUptimeS, obituary.uptime_s},
       {LogLabel::kDecision, Name(obituary.action)},
       {LogLabel::kChildRestartDelayMs, restarts ? std::optional<int64_t>(obituary.delay_ms) : std::nullopt},
       {LogLabel::kChildSlot, obituary.slot ? std::optional<int64_t>(obituary.slot->value()) : std::nullopt},
       {LogLabel::kPartitions, partitions},
       {LogLabel::kPartition, mark ? std::optional<int64_t>(mark->partition.value()) : std::nullopt},
       {LogLabel::kOffset, mark ? std::optional<int64_t>(mark->offset.value()) : std::nullopt}});
}

void LogJobFailure(const Error& error) {
  LogFailure(LogAction::kJobFailed, error);
  if (LogsToFile()) WriteToStderr("headcount: " + error.message + "\n");
}

void LogProgress(const StatusReport& report) { LogJobLine(LogAction::kJobProgress, report); }

void LogState(const StatusReport& report) {
  LogJobLine(LogAction::kJobState, report);
  LogWriterLine(report.writer);
  for (const StatusReport::Worker& worker : report.workers) LogWorkerLine(worker);
  for (const StatusReport::Partition& partition : report.partitions) LogPartitionLine(partition);
  for (const StatusReport::Holder& holder : report.held_by) {
    Log(LogAction::kClockHeld, "the clock is held by partition " + std::to_string(holder.partition) + ": " + holder.why,
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
