#include "common/crash_point.h"

#ifdef HEADCOUNT_CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

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

bool IsFirst(const char* variable) {
  const char* path = getenv(variable);
  return path == nullptr || open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

}  // namespace

void HookCrashPoints(void (*hook)(const char* name)) { g_hook = hook; }

void CrashPoint(const char* name) {
  if (g_hook != nullptr) return g_hook(name);
  static const Plan stop = Read("HEADCOUNT_STOP_POINT", 0);
  static int stop_passes = 0;
  if (IsTime(stop, name, &stop_passes) && IsFirst("HEADCOUNT_STOP_ONCE")) kill(getpid(), SIGSTOP);
  static const Plan crash = Read("HEADCOUNT_CRASH_POINT", 1);
  static int crash_passes = 0;
  if (IsTime(crash, name, &crash_passes) && IsFirst("HEADCOUNT_CRASH_ONCE")) kill(getpid(), SIGKILL);
}

void CrashOnPoison(std::string_view frame) {
  static const char* const mark = getenv("HEADCOUNT_POISON_MARK");
  if (mark != nullptr && frame.find(mark) != std::string_view::npos) raise(SIGSEGV);
}

}  // namespace headcount

#endif
