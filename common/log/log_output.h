// Takes the lines of the log to stderr, or to a file that all processes of the job append to. A line is one write(2),
// so that the lines of several processes do not mix. No line waits for a reader: a terminal, pipe or socket that takes
// no more loses it. Every process uses it; common/log/log.h makes the lines.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

// Called by the coordinator before the first fork, at most once. Makes the file if it is missing, and appends to it.
// kHumanNeeded if the file cannot be opened. Without this call lines go to stderr.
Result<void> LogToFile(const std::string& path);
// Opens the file again after a user or a tool has moved the old one away. The other processes do so before their next
// line. If the open fails (kHumanNeeded), they go on with the old file. Does nothing if lines go to stderr.
Result<void> ReopenLogFile();
bool LogsToFile();

// A forked process that has closed its inherited descriptors calls it before its first line.
void ForgetLogDescriptors();

// `line` ends with a line break and has at most limits::kLogLineBytes. The job goes on if the line is lost. If a file
// takes no more lines, as on a full disk, one process says so on stderr, once a minute at most.
void WriteLogLine(std::string_view line);
// Writes to stderr, wherever the log goes: for text that is drawn on a terminal.
void WriteToStderr(std::string_view text);

}  // namespace headcount
