#include "common/log/log_actions.h"

#include <algorithm>

namespace headcount {
namespace {

using L = LogLabel;
using A = LogAction;

constexpr LogLabelType kText = LogLabelType::kText;
constexpr LogLabelType kNumber = LogLabelType::kNumber;

constexpr std::array<LogLabelSpec, kLogLabels> kLabels = {{
    {L::kNone, "", kText},
    {L::kCause, "labels.cause", kText},
    {L::kDecision, "labels.decision", kText},
    {L::kFacility, "labels.facility", kText},
    {L::kGroup, "labels.group", kText},
    {L::kOption, "labels.option", kText},
    {L::kOutcome, "labels.outcome", kText},
    {L::kPartitions, "labels.partitions", kText},
    {L::kPoint, "labels.point", kText},
    {L::kRepeated, "labels.repeated", kText},
    {L::kRole, "labels.child_role", kText},
    {L::kRun, "labels.run", kText},
    {L::kStart, "labels.start", kText},
    {L::kState, "labels.state", kText},
    {L::kTopic, "labels.topic", kText},
    {L::kErrorCode, "error.code", kText},
    {L::kErrorType, "error.type", kText},
    {L::kFile, "file.path", kText},
    {L::kReason, "event.reason", kText},
    {L::kSourceFile, "log.origin.file.name", kText},
    {L::kServerAddress, "server.address", kText},
    {L::kSourceLine, "log.origin.file.line", kNumber},
    {L::kServerPort, "server.port", kNumber},
    {L::kBegunUs, "headcount.begun_us", kNumber},
    {L::kChildExitCode, "headcount.child.exit_code", kNumber},
    {L::kChildForkErrno, "headcount.child.fork_errno", kNumber},
    {L::kChildPid, "headcount.child.pid", kNumber},
    {L::kChildRestartDelayMs, "headcount.child.restart_delay_ms", kNumber},
    {L::kChildSignal, "headcount.child.signal", kNumber},
    {L::kChildSlot, "headcount.child.slot", kNumber},
    {L::kChildUptimeS, "headcount.child.uptime_s", kNumber},
    {L::kClosedUpto, "headcount.closed_upto", kNumber},
    {L::kCommittedUs, "headcount.committed_us", kNumber},
    {L::kEvents, "headcount.events", kNumber},
    {L::kFuture, "headcount.future", kNumber},
    {L::kGeneration, "headcount.generation", kNumber},
    {L::kUnconfirmed, "headcount.held", kNumber},
    {L::kInvalid, "headcount.invalid", kNumber},
    {L::kLag, "headcount.lag", kNumber},
    {L::kLate, "headcount.late", kNumber},
    {L::kLostRecords, "headcount.lost_records", kNumber},
    {L::kMemoryBytes, "headcount.memory_bytes", kNumber},
    {L::kMinutesPublished, "headcount.minutes_published", kNumber},
    {L::kNextOffset, "headcount.next_offset", kNumber},
    {L::kOffset, "headcount.offset", kNumber},
    {L::kOffsetsUs, "headcount.offsets_us", kNumber},
    {L::kPartition, "headcount.partition", kNumber},
    {L::kPartitionCount, "headcount.partitions", kNumber},
    {L::kProducedUs, "headcount.produced_us", kNumber},
    {L::kRecords, "headcount.records", kNumber},
    {L::kRestarts, "headcount.restarts", kNumber},
    {L::kSequence, "headcount.sequence", kNumber},
    {L::kSuppressed, "headcount.suppressed", kNumber},
    {L::kMergedUs, "headcount.united_us", kNumber},
    {L::kUpto, "headcount.upto", kNumber},
    {L::kUsers, "headcount.users", kNumber},
    {L::kWatermark, "headcount.watermark", kNumber},
    {L::kWindowStart, "headcount.window_start", kNumber},
}};

constexpr LogLevel kDebug = LogLevel::kDebug;
constexpr LogLevel kInfo = LogLevel::kInfo;
constexpr LogLevel kWarning = LogLevel::kWarning;
constexpr LogLevel kError = LogLevel::kError;

constexpr Repeats kAll = Repeats::kAll;
constexpr Repeats kLimited = Repeats::kLimited;
constexpr Repeats kAsked = Repeats::kAsked;

using Labels = std::array<LogLabel, kMaxLabelsOfAction>;

constexpr Labels kOfFailure = {L::kErrorType, L::kErrorCode};
constexpr Labels kOfClient = {L::kFacility};
constexpr Labels kOfWriterDeath = {L::kChildPid,     L::kGeneration,     L::kChildExitCode,
                                   L::kChildSignal,  L::kChildForkErrno, L::kCause,
                                   L::kChildUptimeS, L::kDecision,       L::kChildRestartDelayMs};
constexpr Labels kOfWorkerDeath = {
    L::kChildPid,   L::kGeneration,   L::kChildExitCode, L::kChildSignal,         L::kChildForkErrno,
    L::kCause,      L::kChildUptimeS, L::kDecision,      L::kChildRestartDelayMs, L::kChildSlot,
    L::kPartitions, L::kPartition,    L::kOffset};

constexpr Labels kOfJob = {L::kState,  L::kClosedUpto, L::kMinutesPublished, L::kRecords,
                           L::kEvents, L::kLate,       L::kInvalid,          L::kFuture,
                           L::kLag,    L::kRestarts,   L::kMemoryBytes};

constexpr std::array<LogActionSpec, kLogActions> kActions = {{
    {A::kWatermarkHeld, "clock.held", kInfo, kAsked, {L::kPartition}},
    {A::kConfigRefused, "config.refused", kWarning, kAll, {L::kOption}},
    {A::kConfigReloaded, "config.reloaded", kInfo, kAll, {}},
    {A::kJobDraining, "job.draining", kInfo, kAll, {}},
    {A::kJobFailed, "job.failed", kError, kAll, kOfFailure},
    {A::kJobProgress, "job.progress", kInfo, kAll, kOfJob},
    {A::kJobState, "job.state", kInfo, kAsked, kOfJob},
    {A::kJobStopped, "job.stopped", kWarning, kAll, {}},
    {A::kJobSummary, "job.summary", kInfo, kAll, kOfJob},
    {A::kMemoryKilled, "memory.killed", kWarning, kLimited, {L::kRole, L::kChildPid, L::kMemoryBytes}},
    {A::kMemoryTight, "memory.tight", kWarning, kAll, {L::kMemoryBytes}},
    {A::kMetricsServed, "metrics.served", kInfo, kAll, {L::kServerAddress, L::kServerPort}},
    {A::kMetricsFileFailed, "metrics_file.failed", kWarning, kLimited, {L::kFile}},
    {A::kMetricsFileRestored, "metrics_file.restored", kInfo, kLimited, {L::kFile}},
    {A::kPartitionState,
     "partition.state",
     kInfo,
     kAsked,
     {L::kPartition, L::kChildSlot, L::kOffset, L::kLag, L::kWatermark, L::kUnconfirmed, L::kState}},
    {A::kProcessNotStarted, "process.not_started", kError, kLimited, {L::kRole}},
    {A::kStatusFileFailed, "status_file.failed", kWarning, kLimited, {L::kFile}},
    {A::kStatusFileRestored, "status_file.restored", kInfo, kLimited, {L::kFile}},
    {A::kTransactionAwaited,
     "transaction.awaited",
     kInfo,
     kLimited,
     {L::kTopic, L::kPartition, L::kOffset, L::kNextOffset}},
    // The obituaries. A process that goes after all its work is done has "ended".
    {A::kWorkerDied, "worker.died", kWarning, kAll, kOfWorkerDeath},
    {A::kWorkerEnded, "worker.ended", kDebug, kAll, kOfWorkerDeath},
    {A::kWorkerState,
     "worker.state",
     kInfo,
     kAsked,
     {L::kChildSlot, L::kChildPid, L::kGeneration, L::kRestarts, L::kPartitions, L::kRecords, L::kMemoryBytes}},
    {A::kWriterDied, "writer.died", kWarning, kAll, kOfWriterDeath},
    {A::kWriterEnded, "writer.ended", kDebug, kAll, kOfWriterDeath},
    {A::kWriterState, "writer.state", kInfo, kAsked, {L::kChildPid, L::kGeneration, L::kRestarts}},

    {A::kBatchesLimited, "batches.limited", kWarning, kLimited, {L::kTopic}},
    {A::kTakeOverDone, "claim.made", kInfo, kAll, {L::kRun, L::kStart, L::kPartitionCount, L::kClosedUpto}},
    {A::kTakeOverUnconfirmed, "claim.unconfirmed", kWarning, kLimited, {L::kOutcome}},
    {A::kMinuteInvalid,
     "minute.invalid",
     kWarning,
     kLimited,
     {L::kReason, L::kWindowStart, L::kEvents, L::kLate, L::kInvalid, L::kFuture}},
    {A::kInputRecreated, "input.made_anew", kWarning, kAll, {L::kTopic, L::kGroup, L::kLostRecords}},
    {A::kMinutePublished,
     "minute.published",
     kInfo,
     kLimited,
     {L::kWindowStart, L::kUsers, L::kEvents, L::kLate, L::kInvalid, L::kFuture}},
    {A::kOffsetsChanged, "offsets.changed", kWarning, kLimited, {L::kTopic, L::kGroup, L::kPartition, L::kOffset}},
    {A::kOptionsChanged, "options.changed", kInfo, kAll, {L::kClosedUpto}},
    {A::kTopicGrown, "topic.grown", kInfo, kAll, {L::kTopic, L::kPartitionCount}},
    {A::kTransactionCommitted,
     "transaction.committed",
     kDebug,
     kAll,
     {L::kUpto, L::kSequence, L::kRecords, L::kBegunUs, L::kProducedUs, L::kOffsetsUs, L::kCommittedUs}},
    {A::kTransactionSettled, "transaction.settled", kInfo, kLimited, {L::kOutcome}},
    {A::kTransactionUnclear, "transaction.unclear", kWarning, kLimited, {L::kOutcome}},
    {A::kWindowLeftOpen, "window.left_open", kWarning, kAll, {L::kWindowStart, L::kUpto}},
    {A::kWindowsMerged, "windows.united", kDebug, kAll, {L::kUpto, L::kMergedUs}},
    {A::kWriterFailed, "writer.failed", kError, kAll, kOfFailure},

    // worker/rejection_log.h limits these itself, because it is quicker.
    {A::kFrameFuture, "frame.future", kWarning, kAll, {L::kTopic, L::kFile, L::kPartition, L::kOffset}},
    {A::kFrameInvalid, "frame.invalid", kWarning, kAll, {L::kTopic, L::kFile, L::kPartition, L::kOffset, L::kReason}},
    {A::kFrameLate, "frame.late", kWarning, kAll, {L::kTopic, L::kFile, L::kPartition, L::kOffset}},
    {A::kFramePoison, "frame.poison", kWarning, kAll, {L::kTopic, L::kFile, L::kPartition, L::kOffset}},
    {A::kInputLost,
     "input.lost",
     kWarning,
     kAll,
     {L::kTopic, L::kPartition, L::kOffset, L::kNextOffset, L::kLostRecords}},
    // At most one line for each partition.
    {A::kInputUncounted,
     "input.uncounted",
     kWarning,
     kAll,
     {L::kTopic, L::kFile, L::kPartition, L::kReason, L::kRecords}},
    {A::kReadingBegun, "reading.begun", kInfo, kAll, {L::kPartition}},
    {A::kWindowClosedEarly,
     "window.closed_early",
     kWarning,
     kAll,
     {L::kTopic, L::kFile, L::kPartition, L::kOffset, L::kUpto}},
    {A::kWindowSealed, "window.sealed", kDebug, kAll, {L::kUpto}},
    {A::kWorkerFailed, "worker.failed", kError, kAll, kOfFailure},

    // Any process; the lines of "client" are librdkafka's.
    {A::kClientAbandoned, "client.abandoned", kWarning, kAll, {}},
    {A::kClientDebug, "client.debug", kInfo, kAll, kOfClient},
    {A::kClientError, "client.error", kError, kLimited, kOfClient},
    {A::kClientInfo, "client.info", kInfo, kLimited, kOfClient},
    {A::kClientWarning, "client.warning", kWarning, kLimited, kOfClient},
    {A::kCrashPoint, "crash_point.reached", kWarning, kAll, {L::kPoint}},
    {A::kExceptionCaught, "exception.caught", kError, kAll, {}},
    {A::kInfoSuppressed, "info_lines.left_out", kInfo, kAll, {L::kRepeated, L::kReason, L::kSuppressed}},
    {A::kInvariantBroken,
     "invariant.broken",
     kError,
     kAll,
     {L::kErrorType, L::kErrorCode, L::kSourceFile, L::kSourceLine}},
    {A::kLinesSuppressed, "lines.left_out", kWarning, kAll, {L::kRepeated, L::kReason, L::kSuppressed}},
}};

constexpr bool InOrder() {
  for (size_t n = 0; n < kLabels.size(); ++n) {
    if (kLabels[n].label != static_cast<LogLabel>(n)) return false;
  }
  for (size_t n = 0; n < kActions.size(); ++n) {
    if (kActions[n].action != static_cast<LogAction>(n)) return false;
  }
  return true;
}
static_assert(InOrder(), "both tables are looked up by number");

}  // namespace

const char* Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "";
}

bool LogActionSpec::Has(LogLabel label) const { return std::find(labels.begin(), labels.end(), label) != labels.end(); }

const std::array<LogLabelSpec, kLogLabels>& LogLabelTable() { return kLabels; }
const std::array<LogActionSpec, kLogActions>& LogActionTable() { return kActions; }

}  // namespace headcount
