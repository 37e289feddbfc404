// Draws one line at the bottom of a terminal: how far `run --input` is, or what `run --until-end` waits for. The
// coordinator draws it over itself twice a second and wipes it at the end. It exists only if stderr is a terminal that
// can wipe a line, so it never gets into a log file. Every process wipes it before it writes a line of its own
// (common/log/log.h). Runs in the coordinator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "coordinator/status/status_report.h"

namespace headcount {

// As " 43 %  1,234,567 frames  352,120/s  12 minutes out  at 2016-07-11T13:52:10Z", at most `columns` long. The
// percentage is the read part of the files, if that is known; the event time is that of the slowest partition. Pure.
std::string ProgressText(const StatusReport& report, size_t columns);
// As "waiting for an open transaction: partition 3 at offset 130 of 200 (12 s)", at most `columns` long. The job reads
// the rest of that partition only after the transaction's end. Empty if the job waits for none. Pure.
std::string AwaitedText(const StatusReport& report, size_t columns, int64_t now_ms);

// Called before the first fork, so that all children know of the line.
bool CanDrawProgress();
void DrawProgress(const StatusReport& report);

}  // namespace headcount
