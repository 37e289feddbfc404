// Real forks: what a child is given, what it is not, and that it never outlives its parent.
#include "coordinator/job/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace headcount {
namespace {

constexpr int kPatienceMs = 20'000;

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe2(ends_, 0), 0); }
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void CloseRead() { Close(&ends_[0]); }
  void CloseWrite() { Close(&ends_[1]); }
  // True once all writers are gone.
  bool WaitForEnd() {
    CloseWrite();
    for (;;) {
      pollfd poller{ends_[0], POLLIN, 0};
      if (poll(&poller, 1, kPatienceMs) <= 0) return false;
      char byte = 0;
      if (read(ends_[0], &byte, 1) == 0) return true;
    }
  }

 private:
  static void Close(int* fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
  int ends_[2] = {-1, -1};
};

Death WaitFor(pid_t pid) {
  siginfo_t info{};
  EXPECT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  const std::vector<Death> deaths = ReapChildren();
  EXPECT_EQ(deaths.size(), 1u);
  return deaths.empty() ? Death{} : deaths[0];
}

Death ForkAndWait(const std::function<int()>& body, const std::vector<int>& keep_fds = {}) {
  const Result<pid_t> pid = ForkChild("test-child", keep_fds, getpid(), body);
  EXPECT_TRUE(pid.ok());
  const Death death = WaitFor(*pid);
  EXPECT_EQ(death.pid, *pid);
  return death;
}

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST(ForkChild, EndsWithTheResultOfItsBody) {
  const Death death = ForkAndWait([] { return 78; });
  EXPECT_EQ(death.kind, Death::Kind::kExited);
  EXPECT_EQ(death.code, 78);
}

TEST(ForkChild, TurnsAnExceptionIntoExitCode70) {
  EXPECT_EQ(ForkAndWait([]() -> int { throw std::runtime_error("thrown by a test"); }).code, 70);
  EXPECT_EQ(ForkAndWait([]() -> int { throw 7; }).code, 70);
}

TEST(ForkChild, IsNamedAfterItsRoleForWhoeverLooksAtTheProcessesOfTheHost) {
  const Death death = ForkAndWait([] {
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    return std::string_view(name) == "hc-test-child" ? 0 : 1;
  });
  EXPECT_EQ(death.code, 0);
}

TEST(ForkChild, ReportsTheSignalThatKilledIt) {
  const Death death = ForkAndWait([] { return raise(SIGKILL); });
  EXPECT_EQ(death.kind, Death::Kind::kSignaled);
  EXPECT_EQ(death.code, SIGKILL);
}

TEST(ForkChild, KeepsOnlyTheDescriptorsOnTheList) {
  const Pipe kept;
  const Pipe closed;
  const int high = fcntl(closed.read_end(), F_DUPFD, 200);
  const Death death = ForkAndWait(
      [&] {
        const bool right = IsOpen(0) && IsOpen(1) && IsOpen(2) && IsOpen(kept.write_end()) &&
                           !IsOpen(kept.read_end()) && !IsOpen(closed.read_end()) && !IsOpen(closed.write_end()) &&
                           !IsOpen(high);
        return right ? 0 : 1;
      },
      {kept.write_end(), kept.write_end()});
  EXPECT_EQ(death.code, 0);
  close(high);
}

TEST(ForkChild, IgnoresWhatIsSentToTheWholeGroupForTheCoordinatorAndNothingElse) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);  // as a coordinator that reads its signals from a descriptor
  const Death ignoring = ForkAndWait([] {
    raise(SIGTERM);
    raise(SIGINT);
    raise(SIGHUP);
    raise(SIGUSR1);
    raise(SIGPIPE);
    raise(SIGXFSZ);
    return 5;
  });
  const Death dying = ForkAndWait([] {
    raise(SIGUSR2);
    return 5;
  });
  sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(ignoring.code, 5);
  EXPECT_EQ(dying.kind, Death::Kind::kSignaled);
  EXPECT_EQ(dying.code, SIGUSR2);
}

TEST(ForkChild, EndsAtOnceIfItsParentIsNotWhomItExpects) {
  const Result<pid_t> pid = ForkChild("orphan", {}, 1, [] { return 0; });
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(WaitFor(*pid).code, 75);
}

TEST(ForkChild, DiesWithItsParentHoweverThatDies) {
  Pipe alive;  // its writing end is held by the grandchild alone
  Pipe started;
  const Result<pid_t> parent = ForkChild("parent", {alive.write_end(), started.write_end()}, getpid(), [&] {
    const Result<pid_t> child = ForkChild("child", {alive.write_end(), started.write_end()}, getpid(), [&] {
      [[maybe_unused]] const ssize_t written = write(started.write_end(), "!", 1);
      for (;;) pause();
      return 0;
    });
    alive.CloseWrite();
    for (;;) pause();
    return child.ok() ? 0 : 1;
  });
  ASSERT_TRUE(parent.ok());
  char byte = 0;
  ASSERT_EQ(read(started.read_end(), &byte, 1), 1);
  KillChild(*parent);
  EXPECT_EQ(WaitFor(*parent).code, SIGKILL);
  EXPECT_TRUE(alive.WaitForEnd());
}

TEST(ReapChildren, NeverWaits) {
  Pipe release;
  const Result<pid_t> pid = ForkChild("waiting", {release.read_end()}, getpid(), [&] {
    char byte = 0;
    return read(release.read_end(), &byte, 1) == 0 ? 3 : 4;
  });
  ASSERT_TRUE(pid.ok());
  EXPECT_TRUE(ReapChildren().empty());
  release.CloseWrite();
  EXPECT_EQ(WaitFor(*pid).code, 3);
}

}  // namespace
}  // namespace headcount
