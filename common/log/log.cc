#include "common/log/log.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/base/shared_atomic.h"
#include "common/base/utf8_text.h"
#include "common/log/crash_point.h"
#include "common/log/log_limiter.h"
#include "common/log/log_output.h"

namespace headcount {
namespace {

std::string& Role() {
  static std::string role = "headcount";
  return role;
}

// One level for all processes: a process that sets it sets it for the whole job.
std::atomic<LogLevel>& Level() {
  static auto& level = *NewSharedAtomic(LogLevel::kInfo);
  return level;
}

LogFormat g_format = LogFormat::kText;
bool g_has_progress_line = false;

// Where KeepLastFailureIn() keeps the message.
char* g_last_failure = nullptr;
size_t g_last_failure_bytes = 0;

void KeepFailure(std::string_view message) {
  if (g_last_failure == nullptr) return;
  size_t length = std::min(message.size(), g_last_failure_bytes - 1);
  while (length > 0 && length < message.size() && IsUtf8Continuation(message[length])) --length;
  message.copy(g_last_failure, length);
  g_last_failure[length] = '\0';
}

std::string& Version() {
  static std::string version;
  return version;
}

// The threads of librdkafka log too. Neither object is ever destroyed: an abandoned client may log while the process
// exits.
std::mutex& RepeatingLock() {
  static auto& mutex = *new std::mutex;
  return mutex;
}
LogLimiter& Repeating() {
  static auto& limiter = *new LogLimiter;
  return limiter;
}

std::string_view ReasonOf(std::initializer_list<LabelValue> labels) {
  for (const LabelValue& value : labels) {
    if (!value.text().empty()) return value.text();
  }
  return "";
}

bool Admit(LogAction action, std::initializer_list<LabelValue> labels) {
  const int64_t now_ms = MonotonicMs();
  FlushSuppressed(now_ms);
  const std::lock_guard<std::mutex> lock(RepeatingLock());
  return Repeating().Admit(action, ReasonOf(labels), now_ms);
}

int64_t NowMs() {
  timeval now{};
  gettimeofday(&now, nullptr);
  return int64_t{now.tv_sec} * 1000 + now.tv_usec / 1000;
}

}  // namespace

void SetLogRole(std::string role) {
  Role() = std::move(role);
  ForgetLogDescriptors();
  Repeating() = {};  // the parent reports its own suppressed lines
}
void SetLogLevel(LogLevel level) { Level().store(level, std::memory_order_relaxed); }

void SetLogFormat(LogFormat format, std::string version) {
  g_format = format;
  Version() = std::move(version);
}

void ShareTerminalWithProgressLine() { g_has_progress_line = true; }

void WipeProgressLine() {
  if (g_has_progress_line) WriteToStderr(kWipeLine);
}

void Log(LogAction action, std::string_view message, std::initializer_list<LabelValue> labels) {
  const LogActionSpec& spec = SpecOf(action);
  if (spec.level < Level().load(std::memory_order_relaxed) && spec.repeats != Repeats::kAsked) return;
  assert(std::all_of(labels.begin(), labels.end(), [&spec](const LabelValue& value) {
    return value.empty() || (spec.Has(value.label()) && SpecOf(value.label()).type == value.type());
  }));
  if (spec.repeats == Repeats::kLimited && !Admit(action, labels)) return;
  const LogRecord record{NowMs(), action, message, labels.begin(), labels.size(), Role(), getpid(), Version()};
  std::string line = g_has_progress_line && !LogsToFile() ? kWipeLine : "";
  line += g_format == LogFormat::kEcs ? EcsLine(record) : TextLine(record);
  WriteLogLine(line);
}

void KeepLastFailureIn(char* place, size_t bytes) {
  g_last_failure = place;
  g_last_failure_bytes = bytes;
}

void LogFailure(LogAction action, const Error& error) {
  KeepFailure(error.message);
  const std::string code = std::to_string(static_cast<int>(error.exit_code));
  Log(action, error.message, {{LogLabel::kErrorType, Name(error.exit_code)}, {LogLabel::kErrorCode, code}});
}

void FlushSuppressed(int64_t now_ms) {
  std::vector<LogLimiter::Suppressed> left_out;
  {
    const std::lock_guard<std::mutex> lock(RepeatingLock());
    left_out = Repeating().TakeDue(now_ms);
  }
  for (const LogLimiter::Suppressed& kind : left_out) LogSuppressed(kind.action, kind.reason, kind.lines);
}

void FlushAllSuppressed() { FlushSuppressed(INT64_MAX); }

void LogSuppressed(LogAction action, std::string_view reason, uint64_t lines) {
  std::string kind = SpecOf(action).name;
  if (!reason.empty()) kind.append(" (").append(reason).append(")");
  const bool is_info = SpecOf(action).level < LogLevel::kWarning;
  Log(is_info ? LogAction::kInfoSuppressed : LogAction::kLinesSuppressed,
      std::to_string(lines) + " more like this in the last minute: " + kind,
      {{LogLabel::kRepeated, SpecOf(action).name}, {LogLabel::kReason, reason}, {LogLabel::kSuppressed, lines}});
}

void CheckFailed(const char* file, int line, const char* condition, const std::string& detail) {
  const std::string message =
      std::string("broken invariant at ") + file + ":" + std::to_string(line) + ": " + condition + " (" + detail + ")";
  KeepFailure(message);
  Log(LogAction::kInvariantBroken, message,
      {{LogLabel::kErrorType, Name(ExitCode::kBroken)}, {LogLabel::kSourceFile, file}, {LogLabel::kSourceLine, line}});
  CrashPoint("check.failed");
  _exit(static_cast<int>(ExitCode::kBroken));
}

}  // namespace headcount
