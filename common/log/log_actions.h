// Everything that headcount can log, declared in one place: each action with its level and labels, each label with its
// field in the Elastic Common Schema and its type. Tests hold the lines, the index template and the call sites against
// these tables. Pure; every process uses it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace headcount {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
const char* Name(LogLevel level);  // as --log-level says it: "warning"

// What is said beside the message, for programs.
enum class LogLabel : uint8_t {
  kNone,
  // Text.
  kCause,
  kDecision,
  kFacility,
  kGroup,
  kOption,
  kOutcome,
  kPartitions,
  kPoint,
  kRepeated,
  kRole,
  kRun,
  kStart,
  kState,
  kTopic,
  kErrorCode,
  kErrorType,
  kFile,
  kReason,
  kSourceFile,
  kServerAddress,
  // Numbers.
  kSourceLine,
  kServerPort,
  kBegunUs,
  kChildExitCode,
  kChildForkErrno,
  kChildPid,
  kChildRestartDelayMs,
  kChildSignal,
  kChildSlot,
  kChildUptimeS,
  kClosedUpto,
  kCommittedUs,
  kEvents,
  kFuture,
  kGeneration,
  kHeld,
  kInvalid,
  kLag,
  kLate,
  kLostRecords,
  kMemoryBytes,
  kMinutesPublished,
  kNextOffset,
  kOffset,
  kOffsetsUs,
  kPartition,
  kPartitionCount,
  kProducedUs,
  kRecords,
  kRestarts,
  kSequence,
  kSuppressed,
  kUnitedUs,
  kUpto,
  kUsers,
  kWatermark,
  kWindowStart,
};
inline constexpr size_t kLogLabels = static_cast<size_t>(LogLabel::kWindowStart) + 1;

enum class LogLabelType : uint8_t { kText, kNumber };

struct LogLabelSpec {
  LogLabel label;
  const char* field;  // where ECS has a field for it, that one; else labels.* for text, which holds keywords only,
                      // and headcount.* for numbers
  LogLabelType type;
};

// By label; the first, kNone, has no field.
const std::array<LogLabelSpec, kLogLabels>& LogLabelTable();
inline const LogLabelSpec& SpecOf(LogLabel label) { return LogLabelTable()[static_cast<size_t>(label)]; }

enum class LogAction : uint8_t {
  // The coordinator.
  kClockHeld,
  kConfigRefused,
  kConfigReloaded,
  kJobDraining,
  kJobFailed,
  kJobProgress,
  kJobState,
  kJobStopped,
  kJobSummary,
  kMemoryKilled,
  kMemoryTight,
  kMetricsServed,
  kMetricsFileFailed,
  kMetricsFileRestored,
  kPartitionState,
  kProcessNotStarted,
  kStatusFileFailed,
  kStatusFileRestored,
  kTransactionAwaited,
  kWorkerDied,
  kWorkerEnded,
  kWorkerState,
  kWriterDied,
  kWriterEnded,
  kWriterState,
  // The writer.
  kBatchesLimited,
  kClaimMade,
  kClaimUnconfirmed,
  kMinuteInvalid,
  kInputMadeAnew,
  kMinutePublished,
  kOffsetsChanged,
  kOptionsChanged,
  kTopicGrown,
  kTransactionCommitted,
  kTransactionSettled,
  kTransactionUnclear,
  kWindowLeftOpen,
  kWindowsUnited,
  kWriterFailed,
  // Workers.
  kFrameFuture,
  kFrameInvalid,
  kFrameLate,
  kFramePoison,
  kInputLost,
  kInputUncounted,
  kReadingBegun,
  kWindowClosedEarly,
  kWindowSealed,
  kWorkerFailed,
  // Any process.
  kClientAbandoned,
  kClientDebug,
  kClientError,
  kClientInfo,
  kClientWarning,
  kCrashPoint,
  kExceptionCaught,
  kInfoLeftOut,
  kInvariantBroken,
  kLinesLeftOut,
};
inline constexpr size_t kLogActions = static_cast<size_t>(LogAction::kLinesLeftOut) + 1;
inline constexpr size_t kMaxLabelsOfAction = 14;

// What is done to an action that comes again and again.
enum class Repeats : uint8_t {
  kAll,      // every line is written: it is rare, asked for, must be found, or limited where it is made
  kLimited,  // ten lines a minute of each reason, then a count (log_limiter.h); the first text among the labels is the
             // reason
  kAsked,    // every line is written, at whatever level: somebody waits for it
};

struct LogActionSpec {
  LogAction action;
  const char* name;
  LogLevel level;
  Repeats repeats;
  // It may have these and no others; any of them may be missing. kNone fills the rest.
  std::array<LogLabel, kMaxLabelsOfAction> labels;

  bool Has(LogLabel label) const;
};

// By action.
const std::array<LogActionSpec, kLogActions>& LogActionTable();
inline const LogActionSpec& SpecOf(LogAction action) { return LogActionTable()[static_cast<size_t>(action)]; }

}  // namespace headcount
