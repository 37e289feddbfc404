// Declares everything that headcount can log in one place: each action with its level and labels, each label with its
// field in the Elastic Common Schema (ECS) and its type. Tests compare the lines, the index template and the callers
// with these tables. Pure; every process uses it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace headcount {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
const char* Name(LogLevel level);  // as --log-level spells it: "warning"

// Values beside the message, for programs.
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
  kUnconfirmed,
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
  kMergedUs,
  kUpto,
  kUsers,
  kWatermark,
  kWindowStart,
};
inline constexpr size_t kLogLabels = static_cast<size_t>(LogLabel::kWindowStart) + 1;

enum class LogLabelType : uint8_t { kText, kNumber };

struct LogLabelSpec {
  LogLabel label;
  const char* field;  // ECS's own field if it has one; else labels.* for text (ECS allows keywords only there) and
                      // headcount.* for numbers
  LogLabelType type;
};

// By label. The first, kNone, has no field.
const std::array<LogLabelSpec, kLogLabels>& LogLabelTable();
inline const LogLabelSpec& SpecOf(LogLabel label) { return LogLabelTable()[static_cast<size_t>(label)]; }

enum class LogAction : uint8_t {
  // The coordinator.
  kWatermarkHeld,
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
  kTakeOverDone,
  kTakeOverUnconfirmed,
  kMinuteInvalid,
  kInputRecreated,
  kMinutePublished,
  kOffsetsChanged,
  kOptionsChanged,
  kTopicGrown,
  kTransactionCommitted,
  kTransactionSettled,
  kTransactionUnclear,
  kWindowLeftOpen,
  kWindowsMerged,
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
  kInfoSuppressed,
  kInvariantBroken,
  kLinesSuppressed,
};
inline constexpr size_t kLogActions = static_cast<size_t>(LogAction::kLinesSuppressed) + 1;
inline constexpr size_t kMaxLabelsOfAction = 14;

// What the log does with an action that repeats.
enum class Repeats : uint8_t {
  kAll,      // writes every line: the action is rare, wanted, important, or limited by its caller
  kLimited,  // writes ten lines a minute for each reason, then a count (log_limiter.h); the first text among the labels
             // is the reason
  kAsked,    // writes every line at any log level, because a user asked for it
};

struct LogActionSpec {
  LogAction action;
  const char* name;
  LogLevel level;
  Repeats repeats;
  // The labels that the action may have; each of them may be missing. kNone fills the rest.
  std::array<LogLabel, kMaxLabelsOfAction> labels;

  bool Has(LogLabel label) const;
};

// By action.
const std::array<LogActionSpec, kLogActions>& LogActionTable();
inline const LogActionSpec& SpecOf(LogAction action) { return LogActionTable()[static_cast<size_t>(action)]; }

}  // namespace headcount
