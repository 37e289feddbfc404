#include "tests/support/frozen.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "tests/support/child_process.h"

namespace headcount::test {
namespace {

[[noreturn]] void Fail(const std::string& attempt, pid_t pid) {
  throw std::system_error(errno, std::generic_category(), attempt + " process " + std::to_string(pid));
}

// Not by glibc's functions: the header of 2.36 declares them without C linkage.
int Open(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }
bool Send(int pidfd, int signal) { return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0; }

std::string ProcFile(pid_t pid, const std::string& name) {
  return ReadFile("/proc/" + std::to_string(pid) + "/" + name);
}

// A set of signals as the kernel writes it: hexadecimal, behind the name.
bool IsInSet(const std::string& status, const std::string& name, int signal) {
  const size_t at = status.find(name + ":\t");
  if (at == std::string::npos) return false;
  return (std::stoull(status.substr(at + name.size() + 2), nullptr, 16) >> (signal - 1) & 1U) != 0;
}

}  // namespace

Frozen::Frozen(const std::vector<pid_t>& pids) {
  for (const pid_t pid : pids) {
    pidfds_.push_back(Open(pid));
    if (pidfds_.back() < 0 || !Send(pidfds_.back(), SIGSTOP)) Fail("stopping", pid);
  }
  for (const pid_t pid : pids) {
    if (!Eventually([pid] { return IsStopped(pid); })) {
      throw std::runtime_error("process " + std::to_string(pid) + " does not stop");
    }
  }
}

Frozen::~Frozen() {
  Wake();
  for (const int pidfd : pidfds_) close(pidfd);
}

void Frozen::Wake() {
  for (const int pidfd : pidfds_) Send(pidfd, SIGCONT);
}

bool IsStopped(pid_t pid) { return ProcFile(pid, "stat").find(") T ") != std::string::npos; }

bool HasStoppedItself(const std::filesystem::path& file, const std::vector<pid_t>& pids) {
  return exists(file) && std::any_of(pids.begin(), pids.end(), IsStopped);
}

bool HearsSigterm(pid_t pid) { return IsInSet(ProcFile(pid, "status"), "SigCgt", SIGTERM); }

void Last(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

}  // namespace headcount::test
