// One line a message, to stderr or a file (log_output.h), written with a single write(2), so that the lines of several
// processes do not mix. Every process uses it; SetLogRole says who is speaking.
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

// Who speaks in this process: "coordinator", "writer", "worker-3". Called once after a fork.
void SetLogRole(std::string role);
// Messages below it are dropped, in this process and in those it has forked or will fork. Starts at kInfo.
void SetLogLevel(LogLevel level);
// Starts as text. `version` is headcount's own, which every line of kEcs tells.
void SetLogFormat(LogFormat format, std::string version);

// There is a progress line on the terminal that stderr is (coordinator/job/progress_line.h): each message wipes it
// before it takes its place. Called before the first fork.
void ShareTerminalWithProgressLine();
// For what else is about to be written to that terminal. Nothing happens where there is no such line.
void WipeProgressLine();
inline constexpr char kWipeLine[] = "\r\x1b[K";

// The message is one sentence or line for people; a line break in it is written as a space. It never holds a uid or
// a frame. The labels are those of the action (log_actions.h); in text they are not shown.
void Log(LogAction action, std::string_view message, std::initializer_list<LabelValue> labels = {});
// The same of an error that ends something, which also tells its exit code.
void LogFailure(LogAction action, const Error& error);
// The message of the last such line is kept there too, ended by a zero byte, for whoever looks when this process is
// gone. Called once after a fork.
void KeepLastFailureIn(char* place, size_t bytes);

// What lines were left out in the minutes that are over, because they repeat (Repeats::kLimited): to be called at least
// every few seconds, and costs next to nothing.
void LogWhatWasLeftOut(int64_t now_ms);
// The same at the end of the process, of minutes that are not over too.
void LogAllThatWasLeftOut();
// One such line.
void LogLeftOut(LogAction action, std::string_view reason, uint64_t lines);

}  // namespace headcount
