// One line at the bottom of a terminal that says how far `run --input` is, or what `run --until-end` waits for; drawn
// over itself twice a second and wiped in the end. It exists only where stderr is a terminal that can wipe a line: a
// log file never sees it. Every process wipes it before it writes a line of its own (common/log/log.h). Runs in the
// coordinator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "coordinator/status/status_report.h"

namespace headcount {

// " 43 %  1,234,567 frames  352,120/s  12 minutes out  at 2016-07-11T13:52:10Z", at most `columns` long: how much
// of the files is read, where that is known, and the event time of the slowest partition. Pure.
std::string ProgressText(const StatusReport& report, size_t columns);
// "waiting for an open transaction: partition 3 at offset 130 of 200 (12 s)": what is not read before it has ended, at
// most `columns` long; empty where none is waited for. Pure.
std::string AwaitedText(const StatusReport& report, size_t columns, int64_t now_ms);

// Asked before the first fork, so that all children know of the line.
bool CanDrawProgress();
void DrawProgress(const StatusReport& report);

}  // namespace headcount
