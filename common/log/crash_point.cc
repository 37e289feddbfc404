#include "common/log/crash_point.h"

#ifdef HEADCOUNT_CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/log/log.h"

namespace headcount {
namespace {

struct Plan {
  std::string point;
  int pass = 0;  // 0: every one
};

Plan Read(const char* variable, int pass) {
  const char* text = getenv(variable);
  if (text == nullptr) return {};
  Plan plan{text, pass};
  const size_t star = plan.point.find('*');
  if (star != std::string::npos) {
    plan.pass = std::atoi(plan.point.c_str() + star + 1);
    plan.point.resize(star);
  }
  return plan;
}

bool IsTime(const Plan& plan, const char* name, int* passes) {
  return plan.point == name && (++*passes == plan.pass || plan.pass == 0);
}

void (*g_hook)(const char*) = nullptr;

bool Contains(std::string_view frame, const char* mark) {
  return mark != nullptr && frame.find(mark) != std::string_view::npos;
}

bool IsFirst(const char* variable) {
  const char* path = getenv(variable);
  return path == nullptr || open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

// The content of that file; empty if there is none.
std::string ReadPlan(const char* path) {
  char text[80];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t length = read(fd, text, sizeof text);
  close(fd);
  return {text, static_cast<size_t>(length < 0 ? 0 : length)};
}

// Each pass reads the file, because the test may write it again while this process lives.
void CrashAsTheFileSays(std::string_view name) {
  static const char* const path = getenv("HEADCOUNT_CRASH_FILE");
  if (path == nullptr) return;
  const std::string plan = ReadPlan(path);
  const std::string_view point = std::string_view(plan).substr(0, plan.find(' '));
  if (point != name || unlink(path) != 0) return;  // no plan, a plan for another point, or another process was first
  const bool is_parents = point.size() < plan.size();
  Log(LogAction::kCrashPoint, std::string(is_parents ? "kills the coordinator at " : "dies at ") + std::string(name),
      {{LogLabel::kPoint, name}});
  kill(is_parents ? getppid() : getpid(), SIGKILL);
  for (;;) pause();  // the kernel ends the children of a dead coordinator
}

}  // namespace

void HookCrashPoints(void (*hook)(const char* name)) { g_hook = hook; }

void CrashPoint(const char* name) {
  if (g_hook != nullptr) return g_hook(name);
  static const Plan stop = Read("HEADCOUNT_STOP_POINT", 0);
  static int stop_passes = 0;
  if (IsTime(stop, name, &stop_passes) && IsFirst("HEADCOUNT_STOP_ONCE")) kill(getpid(), SIGSTOP);
  CrashAsTheFileSays(name);
  static const Plan crash = Read("HEADCOUNT_CRASH_POINT", 1);
  static int crash_passes = 0;
  if (IsTime(crash, name, &crash_passes) && IsFirst("HEADCOUNT_CRASH_ONCE")) kill(getpid(), SIGKILL);
}

void CrashOnPoison(std::string_view frame) {
  static const char* const mark = getenv("HEADCOUNT_POISON_MARK");
  static const char* const signal = getenv("HEADCOUNT_POISON_SIGNAL");
  static const char* const stop_mark = getenv("HEADCOUNT_STOP_MARK");
  if (Contains(frame, stop_mark)) kill(getpid(), SIGSTOP);
  if (Contains(frame, mark)) raise(signal == nullptr ? SIGSEGV : std::atoi(signal));
}

}  // namespace headcount

#endif
