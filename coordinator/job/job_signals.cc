#include "coordinator/job/job_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace headcount {
namespace {

bool IsIgnored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// A blocked signal stays pending even if it is ignored.
void BlockAll(std::initializer_list<int> numbers, sigset_t* signals) {
  sigemptyset(signals);
  for (const int number : numbers) {
    if (number != SIGHUP || !IsIgnored(number)) sigaddset(signals, number);
  }
  sigprocmask(SIG_BLOCK, signals, nullptr);
}

}  // namespace

void PrepareForSignals() {
  for (const int number : {SIGTERM, SIGINT}) {
    struct sigaction action {};
    sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_DFL) continue;
    action.sa_handler = [](int) { _exit(static_cast<int>(ExitCode::kDone)); };
    sigaction(number, &action, nullptr);
  }
  sigset_t signals;
  BlockAll({SIGHUP, SIGUSR1}, &signals);
}

Result<JobSignals> JobSignals::Block() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  BlockAll({SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD}, &signals);
  const int fd = signalfd(-1, &signals, SFD_NONBLOCK);
  if (fd < 0) return Error{ExitCode::kTryAgain, std::string("making a signalfd failed: ") + std::strerror(errno)};
  std::vector<int> terminals;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (isatty(standard) == 1) terminals.push_back(standard);
  }
  return JobSignals(fd, std::move(terminals));
}

JobSignals::Taken JobSignals::Take() {
  Taken taken;
  signalfd_siginfo info{};
  while (read(fd_, &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGHUP:
        if (hung_up_) break;
        if (TerminalHasGone()) {
          hung_up_ = true;
          ++taken.stops;
        } else {
          taken.reload = true;
        }
        break;
      case SIGUSR1: taken.show_state = true; break;
      case SIGCHLD: break;
      default: ++taken.stops;
    }
  }
  return taken;
}

// The sender of a SIGHUP tells nothing: a shell passes on the SIGHUP that it got when its window closed.
bool JobSignals::TerminalHasGone() const {
  return std::any_of(terminals_.begin(), terminals_.end(), [](int fd) {
    pollfd asked{fd, 0, 0};
    return poll(&asked, 1, 0) == 1 && (asked.revents & POLLHUP) != 0;
  });
}

}  // namespace headcount
