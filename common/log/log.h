// Writes one line for each message, to stderr or a file (log_output.h). Each line is a single write(2), so that the
// lines of several processes do not mix. Every process uses it; SetLogRole() names the process.
//   2026-01-31T10:20:30.123Z INFO  worker-1 reading partitions=[1,3]
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/log/log_actions.h"
#include "common/log/log_line.h"

namespace headcount {

// The name of this process in its lines: "coordinator", "writer", "worker-3". Each process calls it once after its
// fork.
void SetLogRole(std::string role);
// Drops messages below `level`, in all processes that share the log with this one by a fork. The level starts at kInfo.
void SetLogLevel(LogLevel level);
// The format starts as text. `version` is headcount's own; every line of kEcs holds it.
void SetLogFormat(LogFormat format, std::string version);

// Tells the log that stderr is a terminal with a progress line (coordinator/job/progress_line.h). Each message then
// wipes that line and takes its place. The coordinator calls it before the first fork.
void ShareTerminalWithProgressLine();
// Wipes the progress line before the caller writes other text to that terminal. Does nothing without such a line.
void WipeProgressLine();
inline constexpr char kWipeLine[] = "\r\x1b[K";

// `message` is one sentence or line for people; the log writes a line break in it as a space. It never holds a uid or a
// frame. The labels are those of the action (log_actions.h); the text format does not show them.
void Log(LogAction action, std::string_view message, std::initializer_list<LabelValue> labels = {});
// Logs an error that ends a process or the job, together with its exit code.
void LogFailure(LogAction action, const Error& error);
// From now on LogFailure() also copies its message to `place`, ended by a zero byte, at most `bytes` bytes. The
// coordinator reads it there after this process is gone. Called once after a fork.
void KeepLastFailureIn(char* place, size_t bytes);

// Logs how many repeating lines (Repeats::kLimited) the limit suppressed in the minutes that are over. Each process
// calls it at least every few seconds; a call without news costs next to nothing.
void FlushSuppressed(int64_t now_ms);
// The same at the end of the process, for the current minute too.
void FlushAllSuppressed();
// Logs one such count.
void LogSuppressed(LogAction action, std::string_view reason, uint64_t lines);

}  // namespace headcount
