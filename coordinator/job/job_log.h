// What the coordinator tells the log of the job as a whole: deaths, its state, what became of a changed configuration.
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

// `expected`: whoever goes when all is done needs no attention.
void LogObituary(const Obituary& obituary, bool expected);
// Of a death by the kernel's memory killer: what to type. `limit_bytes`: of the control group; nothing: it has none.
void LogMemoryKill(const Obituary& obituary, const RunOptions& options, std::optional<uint64_t> limit_bytes);
// Before anything is forked: warns where the workers may come to take more than the limit. kHumanNeeded where they
// could not even begin.
Result<void> CheckMemory(const RunOptions& options, std::optional<uint64_t> limit_bytes);
// Also on stderr, where the log goes to a file: whoever started the job looks there.
void LogJobFailure(const Error& error);

// One line: how far it is, what it has counted, what it has behind it.
// At the end of a job; `text` is SummaryText() (job_summary.h).
void LogSummary(const StatusReport& report, const std::string& text);
void LogProgress(const StatusReport& report);
// That line, what holds the clock, and one line for each process and each partition: at whatever level, as somebody
// has asked for it.
void LogState(const StatusReport& report);

// The open transactions that --until-end waits for: each is told of once.
class TransactionsAwaited {
 public:
  void LogNew(const StatusReport& report);

 private:
  std::set<std::pair<int32_t, int64_t>> told_;  // partition, and the offset where it stands
};

void LogReload(const Reload& reload);
void LogReloadFailure(const Error& error);

}  // namespace headcount
