// Where the lines of the log go: stderr, or a file that all processes of the job append to. A line is one write(2), so
// that the lines of several processes do not mix, and no line ever waits for a reader: a terminal, pipe or socket that
// takes no more loses it. The lines are made in common/log/log.h.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

// Called before the first fork, at most once. Makes the file if it is not there; appends. kHumanNeeded where it cannot
// be opened. Without it lines go to stderr.
Result<void> LogToFile(const std::string& path);
// Opens the file anew, for whoever has moved the old one away; the other processes do so before their next line. Where
// it cannot be opened, the old one is written on: kHumanNeeded. Nothing happens where lines go to stderr.
Result<void> ReopenLogFile();
bool LogsToFile();

// A process that has been forked and closed what it inherited calls it before its first line.
void ForgetLogDescriptors();

// `line` ends with a line break and has at most limits::kLogLineBytes. The job goes on also where it is lost; where
// that is because the file takes no more, as on a full disk, stderr is told, by one process and once a minute at most.
void WriteLogLine(std::string_view line);
// The same to stderr, whether the log goes there or not, for what is drawn on a terminal.
void WriteToStderr(std::string_view text);

}  // namespace headcount
