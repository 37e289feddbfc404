// One line a message to stderr, written with a single write(2), so that the lines of several processes do
// not mix. Every process uses it; SetLogRole says who is speaking.
//   2026-01-31T10:20:30.123Z INFO  worker-1 reading partitions=[1,3]
#pragma once

#include <string>
#include <string_view>

namespace headcount {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Who speaks in this process: "coordinator", "writer", "worker-3". Called once after a fork.
void SetLogRole(std::string role);
// Messages below it are dropped. Starts at kInfo.
void SetLogLevel(LogLevel level);

// There is a progress line on the terminal that stderr is (coordinator/progress_line.h): each message wipes it
// before it takes its place. Called before the first fork.
void ShareTerminalWithProgressLine();
// For what else is about to be written to that terminal. Nothing happens where there is no such line.
void WipeProgressLine();
inline constexpr char kWipeLine[] = "\r\x1b[K";

// The message is one line; a line break in it is written as a space. It never holds a uid or a frame.
void Log(LogLevel level, std::string_view message);
inline void LogDebug(std::string_view message) { Log(LogLevel::kDebug, message); }
inline void LogInfo(std::string_view message) { Log(LogLevel::kInfo, message); }
inline void LogWarning(std::string_view message) { Log(LogLevel::kWarning, message); }
inline void LogError(std::string_view message) { Log(LogLevel::kError, message); }

}  // namespace headcount
