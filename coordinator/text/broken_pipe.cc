#include "coordinator/text/broken_pipe.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace headcount {
namespace {

bool g_ignored_at_start = false;

}  // namespace

void RememberSigpipe() {
  struct sigaction action {};
  g_ignored_at_start = sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

void EndByBrokenPipe() {
  if (g_ignored_at_start) return;
  signal(SIGPIPE, SIG_DFL);
  sigset_t alone;
  sigemptyset(&alone);
  sigaddset(&alone, SIGPIPE);
  sigprocmask(SIG_UNBLOCK, &alone, nullptr);
  raise(SIGPIPE);
}

bool ReaderOfStdoutHasGone() {
  pollfd asked{STDOUT_FILENO, 0, 0};
  return poll(&asked, 1, 0) == 1 && (asked.revents & POLLERR) != 0;
}

}  // namespace headcount
