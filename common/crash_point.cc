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
  int pass = 1;
};

const Plan& ThePlan() {
  static const Plan plan = [] {
    Plan read;
    const char* text = getenv("HEADCOUNT_CRASH_POINT");
    if (text == nullptr) return read;
    read.point = text;
    const size_t star = read.point.find('*');
    if (star != std::string::npos) {
      read.pass = std::atoi(read.point.c_str() + star + 1);
      read.point.resize(star);
    }
    return read;
  }();
  return plan;
}

void (*g_hook)(const char*) = nullptr;

bool Contains(std::string_view frame, const char* mark) {
  return mark != nullptr && frame.find(mark) != std::string_view::npos;
}

bool FirstToCrash() {
  const char* path = getenv("HEADCOUNT_CRASH_ONCE");
  return path == nullptr || open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

}  // namespace

void HookCrashPoints(void (*hook)(const char* name)) { g_hook = hook; }

void CrashPoint(const char* name) {
  if (g_hook != nullptr) return g_hook(name);
  static const char* const stop_point = getenv("HEADCOUNT_STOP_POINT");
  if (stop_point != nullptr && std::string_view(name) == stop_point) kill(getpid(), SIGSTOP);
  static int passes = 0;
  if (ThePlan().point != name || ++passes != ThePlan().pass) return;
  if (FirstToCrash()) kill(getpid(), SIGKILL);
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
