// Writes the log lines about the job as a whole: deaths, its state, and what became of a changed configuration. Runs in
// the coordinator.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/job/obituary.h"
#include "coordinator/job/reload.h"
#include "coordinator/status/status_report.h"

namespace headcount {

// `expected`: the child ended because the job ends, and the reader of the log need not act.
void LogObituary(const Obituary& obituary, bool expected);
// Logs a death by the kernel's memory killer, with what to type. `limit_bytes` is the limit of the control group;
// nothing if it has none.
void LogMemoryKill(const Obituary& obituary, const RunOptions& options, std::optional<uint64_t> limit_bytes);
// Called before the first fork. Warns if the workers may come to take more than the limit. The error is kHumanNeeded if
// they could not even begin.
Result<void> CheckMemory(const RunOptions& options, std::optional<uint64_t> limit_bytes);
// If the log goes to a file, the error goes to stderr too, because the user who started the job looks there.
void LogJobFailure(const Error& error);

// LogSummary() writes one line at the end of a job; `text` is SummaryText() (job_summary.h). LogProgress() writes one
// line while the job runs: how far it is, what it has counted, and its lag.
void LogSummary(const StatusReport& report, const std::string& text);
void LogProgress(const StatusReport& report);
// Writes the line of LogProgress(), then what holds the low watermark, then one line for each process and each
// partition. It ignores the log level, because a user has asked for the state.
void LogState(const StatusReport& report);

// Logs the open transactions that --until-end waits for, each once.
class TransactionsAwaited {
 public:
  void LogNew(const StatusReport& report);

 private:
  std::set<std::pair<int32_t, int64_t>> told_;  // partition, and the offset of the transaction
};

void LogReload(const Reload& reload);
void LogReloadFailure(const Error& error);

}  // namespace headcount
