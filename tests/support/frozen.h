// Processes that stand still for a while and go on, as on a machine that sleeps. Runs in tests.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace headcount::test {

class Frozen {
 public:
  // Stops each, in that order; returns when none of them moves. Throws std::system_error where one has ended.
  explicit Frozen(const std::vector<pid_t>& pids);
  ~Frozen();
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

  // In the same order. Whoever has ended meanwhile is passed over.
  void Wake();

 private:
  std::vector<int> pidfds_;  // a number may be another process's by now, a descriptor never is
};

// It has been stopped by a signal, its own or another's.
bool IsStopped(pid_t pid);

// Whoever of them makes that file at its stop point has stopped there. The file comes first: one that is stopped and
// woken in between would stop itself after that.
bool HasStoppedItself(const std::filesystem::path& file, const std::vector<pid_t>& pids);

// It has a handler for SIGTERM: before, the signal's default is all there is.
bool HearsSigterm(pid_t pid);

// Returns when that time is over: for what is a fault only if it lasts.
void Last(std::chrono::milliseconds time);

}  // namespace headcount::test
