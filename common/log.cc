#include "common/log.h"

#include <poll.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdio>

#include "common/check.h"
#include "common/crash_point.h"
#include "common/result.h"

namespace headcount {
namespace {

std::string& Role() {
  static std::string role = "headcount";
  return role;
}

LogLevel g_level = LogLevel::kInfo;
bool g_has_progress_line = false;

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO ";
    case LogLevel::kWarning: return "WARN ";
    case LogLevel::kError: return "ERROR";
  }
  return "?";
}

std::string Timestamp() {
  timeval now{};
  gettimeofday(&now, nullptr);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char text[40];
  const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(now.tv_usec / 1000));
  return text;
}

}  // namespace

void SetLogRole(std::string role) { Role() = std::move(role); }
void SetLogLevel(LogLevel level) { g_level = level; }

void ShareTerminalWithProgressLine() { g_has_progress_line = true; }

void WipeProgressLine() {
  if (!g_has_progress_line) return;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kWipeLine, sizeof kWipeLine - 1);
}

void Log(LogAction action, std::string_view message, [[maybe_unused]] std::initializer_list<LabelValue> labels) {
  const LogActionSpec& spec = SpecOf(action);
  if (spec.level < g_level) return;
  assert(std::all_of(labels.begin(), labels.end(), [&spec](const LabelValue& value) {
    return value.empty() || (spec.Has(value.label()) && SpecOf(value.label()).type == value.type());
  }));
  std::string line = g_has_progress_line ? kWipeLine : "";
  line.append(Timestamp());
  line.append(1, ' ').append(LevelName(spec.level)).append(1, ' ').append(Role()).append(1, ' ').append(message);
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  // A full or closed stderr must not stop the job: then the line is lost, and that is deliberately not acted on.
  pollfd polled{STDERR_FILENO, POLLOUT, 0};
  if (poll(&polled, 1, 0) <= 0 || (polled.revents & POLLOUT) == 0) return;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

void LogFailure(LogAction action, const Error& error) {
  const std::string code = std::to_string(static_cast<int>(error.exit_code));
  Log(action, error.message, {{LogLabel::kErrorType, Name(error.exit_code)}, {LogLabel::kErrorCode, code}});
}

void CheckFailed(const char* file, int line, const char* condition, const std::string& detail) {
  Log(LogAction::kInvariantBroken,
      std::string("broken invariant at ") + file + ":" + std::to_string(line) + ": " + condition + " (" + detail + ")",
      {{LogLabel::kErrorType, Name(ExitCode::kBroken)}, {LogLabel::kSourceFile, file}, {LogLabel::kSourceLine, line}});
  CrashPoint("check.failed");
  _exit(static_cast<int>(ExitCode::kBroken));
}

}  // namespace headcount
