#include "coordinator/job/child_process.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "common/base/check.h"
#include "common/log/log.h"

namespace headcount {
namespace {

[[noreturn]] void ExitWith(ExitCode code) { _exit(static_cast<int>(code)); }

void DieWithParent(pid_t parent_pid) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) ExitWith(ExitCode::kBroken);
  // The parent may have died before the line above; then no death signal would come.
  if (getppid() != parent_pid) ExitWith(ExitCode::kTryAgain);
}

// If memory runs out, the kernel should end a worker, which the coordinator restarts, and not the coordinator, which
// reports the reason. The user may have set a score of his own, so the child adds to it.
void OfferToMemoryKiller() {
  constexpr int kMore = 100;
  constexpr int kMost = 1000;
  FILE* file = fopen("/proc/self/oom_score_adj", "r+e");
  if (file == nullptr) return;
  int score = 0;
  if (fscanf(file, "%d", &score) == 1) {  // NOLINT(cert-err34-c): the kernel's own number
    rewind(file);
    fprintf(file, "%d", std::min(score + kMore, kMost));
  }
  fclose(file);
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    const bool ignored = signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGUSR1 ||
                         signal == SIGPIPE || signal == SIGXFSZ;
    action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
    sigaction(signal, &action, nullptr);  // fails for SIGKILL and SIGSTOP, as it must
  }
  // The mask goes last: a signal that is pending behind it must find no handler of the parent's.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// For kernels without close_range: closes the open descriptors on the kernel's own list.
void CloseListed(const std::vector<int>& kept) {
  DIR* directory = opendir("/proc/self/fd");
  HC_CHECK(directory != nullptr, "without /proc no child can close what it inherited");
  std::vector<int> open_fds;
  while (const dirent* entry = readdir(directory)) {  // NOLINT(concurrency-mt-unsafe)
    const int fd = atoi(entry->d_name);               // NOLINT(cert-err34-c): "." and ".." give 0, which is kept
    if (fd != dirfd(directory)) open_fds.push_back(fd);
  }
  closedir(directory);
  for (const int fd : open_fds) {
    if (!std::binary_search(kept.begin(), kept.end(), fd)) close(fd);
  }
}

void CloseOthers(std::vector<int> kept) {
  kept.insert(kept.end(), {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  std::sort(kept.begin(), kept.end());
  int first = 0;
  for (const int fd : kept) {
    if (fd > first && close_range(static_cast<unsigned>(first), static_cast<unsigned>(fd - 1), 0) != 0) {
      return CloseListed(kept);
    }
    first = std::max(first, fd + 1);
  }
  if (close_range(static_cast<unsigned>(first), UINT_MAX, 0) != 0) CloseListed(kept);
}

int RunCaught(const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::exception& exception) {
    Log(LogAction::kExceptionCaught, std::string("an exception nobody expected: ") + exception.what());
  } catch (...) {
    Log(LogAction::kExceptionCaught, "an exception nobody expected, of a kind without words");
  }
  return static_cast<int>(ExitCode::kBroken);
}

Death DeathOf(pid_t pid, int status) {
  if (WIFSIGNALED(status)) return Death{Death::Kind::kSignaled, WTERMSIG(status), pid};
  return Death{Death::Kind::kExited, WEXITSTATUS(status), pid};
}

}  // namespace

Result<pid_t> ForkChild(const std::string& role, const std::vector<int>& keep_fds, pid_t parent_pid,
                        const std::function<int()>& body, int* fork_errno) {
  fflush(stdout);  // or the child would hold a copy of our unwritten output
  const pid_t pid = fork();
  if (pid < 0) {
    if (fork_errno != nullptr) *fork_errno = errno;
    return Error{ExitCode::kTryAgain, "cannot fork " + role + ": " + strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
  }
  if (pid > 0) return pid;

  DieWithParent(parent_pid);
  OfferToMemoryKiller();
  ResetSignals();
  CloseOthers(keep_fds);
  SetLogRole(role);
  prctl(PR_SET_NAME, ("hc-" + role).c_str());
  const int code = RunCaught(body);
  FlushAllSuppressed();
  _exit(code);
}

std::vector<Death> ReapChildren() {
  std::vector<Death> deaths;
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return deaths;
    if (WIFEXITED(status) || WIFSIGNALED(status)) deaths.push_back(DeathOf(pid, status));
  }
}

void KillChild(pid_t pid) {
  HC_CHECK(pid > 1, "pid " + std::to_string(pid) + " would be a group, or everyone");
  kill(pid, SIGKILL);
}

}  // namespace headcount
