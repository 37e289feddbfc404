#include "common/crash_point.h"

#ifdef HEADCOUNT_CRASH_POINTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "common/log.h"

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

bool FirstToCrash() {
  const char* path = getenv("HEADCOUNT_CRASH_ONCE");
  return path == nullptr || open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600) >= 0;
}

// What stands in that file now; empty where there is none.
std::string ReadPlan(const char* path) {
  char text[80];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const ssize_t length = read(fd, text, sizeof text);
  close(fd);
  return {text, static_cast<size_t>(length < 0 ? 0 : length)};
}

// The file is read at each pass: whoever wrote it may do so again while we live.
void CrashAsTheFileSays(std::string_view name) {
  static const char* const path = getenv("HEADCOUNT_CRASH_FILE");
  if (path == nullptr) return;
  const std::string plan = ReadPlan(path);
  const std::string_view point = std::string_view(plan).substr(0, plan.find(' '));
  if (point != name || unlink(path) != 0) return;  // no plan, another one, or somebody else was there first
  const bool is_parents = point.size() < plan.size();
  LogWarning(std::string(is_parents ? "kills the coordinator at " : "dies at ") + std::string(name));
  kill(is_parents ? getppid() : getpid(), SIGKILL);
  for (;;) pause();  // the kernel ends the children of a dead coordinator
}

}  // namespace

void HookCrashPoints(void (*hook)(const char* name)) { g_hook = hook; }

void CrashPoint(const char* name) {
  if (g_hook != nullptr) return g_hook(name);
  static const char* const stop_point = getenv("HEADCOUNT_STOP_POINT");
  if (stop_point != nullptr && std::string_view(name) == stop_point) kill(getpid(), SIGSTOP);
  CrashAsTheFileSays(name);
  static int passes = 0;
  if (ThePlan().point != name || ++passes != ThePlan().pass) return;
  if (FirstToCrash()) kill(getpid(), SIGKILL);
}

void CrashOnPoison(std::string_view frame) {
  static const char* const mark = getenv("HEADCOUNT_POISON_MARK");
  if (mark != nullptr && frame.find(mark) != std::string_view::npos) raise(SIGSEGV);
}

}  // namespace headcount

#endif
