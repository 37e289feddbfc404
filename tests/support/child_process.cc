#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

namespace headcount::test {
namespace {

constexpr std::chrono::milliseconds kPollInterval{5};
constexpr int kCannotStart = 127;

[[noreturn]] void Fail(const std::string& attempt) { throw std::system_error(errno, std::generic_category(), attempt); }

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  for (const auto& [name, value] : more) {
    const std::string prefix = name + "=";
    all.erase(std::remove_if(all.begin(), all.end(), [&](const std::string& e) { return e.rfind(prefix, 0) == 0; }),
              all.end());
    all.push_back(prefix + value);
  }
  return all;
}

// Everything the child needs after the fork, made before it: between fork and exec it may not allocate.
struct Launch {
  const char* program;
  char** arguments;
  char** environment;
  const char* directory;  // or null
  const char* input;
  const char* output;
  const char* errors;
  pid_t parent;
};

bool Redirect(int descriptor, const char* path, int flags) {
  const int opened = open(path, flags, 0600);
  return opened >= 0 && dup2(opened, descriptor) == descriptor && (opened == descriptor || close(opened) == 0);
}

[[noreturn]] void BecomeProgram(const Launch& launch, int report) {
  // A test that a script runs in the background has been told to ignore these, and its children must not inherit that.
  signal(SIGINT, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  const bool is_ready = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == launch.parent &&
                        sigprocmask(SIG_SETMASK, &none, nullptr) == 0 &&
                        Redirect(STDIN_FILENO, launch.input, O_RDONLY) &&
                        Redirect(STDOUT_FILENO, launch.output, O_WRONLY | O_CREAT | O_APPEND) &&
                        Redirect(STDERR_FILENO, launch.errors, O_WRONLY | O_CREAT | O_APPEND) &&
                        (launch.directory == nullptr || chdir(launch.directory) == 0);
  if (is_ready) execvpe(launch.program, launch.arguments, launch.environment);
  const int why = errno;
  [[maybe_unused]] const ssize_t written = write(report, &why, sizeof(why));
  _exit(kCannotStart);
}

// Forks and waits until the program has taken over: its exec closes the pipe, or errno comes through it.
pid_t Start(const Launch& launch) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) Fail("pipe");
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(launch, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int why = pid < 0 ? fork_error : 0;
  [[maybe_unused]] const ssize_t length = read(report[0], &why, sizeof(why));
  close(report[0]);
  if (why == 0) return pid;
  if (pid > 0) waitpid(pid, nullptr, 0);
  errno = why;
  Fail(std::string("starting ") + launch.program);
}

ExitStatus StatusOf(int raw) {
  ExitStatus status;
  if (WIFEXITED(raw)) status.code = WEXITSTATUS(raw);
  if (WIFSIGNALED(raw)) status.signal = WTERMSIG(raw);
  return status;
}

}  // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "headcount-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Fail("making " + name);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadFile(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // does not throw where a process went while its file in /proc was read
  return text.str();
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes << std::flush;
  if (!file) Fail("writing " + path.string());
}

bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return condition();
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code ignored;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, ignored)) {
    std::istringstream numbers(ReadFile(task.path() / "children"));
    for (pid_t child = 0; numbers >> child;) children.push_back(child);
  }
  std::sort(children.begin(), children.end());
  return children;
}

std::vector<pid_t> DescendantsOf(pid_t pid) {
  std::vector<pid_t> all = ChildrenOf(pid);
  for (size_t i = 0; i < all.size(); ++i) {
    const std::vector<pid_t> next = ChildrenOf(all[i]);
    all.insert(all.end(), next.begin(), next.end());
  }
  return all;
}

std::string Describe(const ExitStatus& status) {
  if (status.code) return "exit " + std::to_string(*status.code);
  if (status.signal) return "signal " + std::to_string(*status.signal);
  return "running";
}

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const ChildOptions& options) {
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = EnvironmentWith(options.environment);
  WriteFile(files_ / "in", options.input);
  const std::string in = files_ / "in";
  const std::string out = files_ / "out";
  const std::string err = files_ / "err";
  const std::string directory = options.directory;
  pid_ = Start({program.c_str(), Pointers(&words).data(), Pointers(&environment).data(),
                directory.empty() ? nullptr : directory.c_str(), in.c_str(), out.c_str(), err.c_str(), getpid()});
  // Not by glibc's function: the header of 2.36 declares it without C linkage.
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ >= 0) return;
  const int why = errno;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  errno = why;
  Fail("pidfd_open");
}

ChildProcess::~ChildProcess() {
  Kill();
  if (!status_) waitpid(pid_, nullptr, 0);
  close(pidfd_);
}

bool ChildProcess::IsRunning() { return !Wait(std::chrono::milliseconds(0)); }

std::optional<ExitStatus> ChildProcess::Wait(std::chrono::milliseconds timeout) {
  if (status_) return status_;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ended{pidfd_, POLLIN, 0};
    const int ready = poll(&ended, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) Fail("poll");
    if (ready == 0) return std::nullopt;
    int raw = 0;
    if (waitpid(pid_, &raw, 0) != pid_) Fail("waitpid");
    status_ = StatusOf(raw);
    return status_;
  }
}

void ChildProcess::Signal(int number) {
  if (!status_) kill(pid_, number);
}

Finished RunToEnd(const std::string& program, const std::vector<std::string>& arguments, const ChildOptions& options,
                  std::chrono::milliseconds timeout) {
  ChildProcess child(program, arguments, options);
  if (!child.Wait(timeout)) child.Kill();
  const std::optional<ExitStatus> status = child.Wait();
  return {status.value_or(ExitStatus{}), child.Out(), child.Err()};
}

}  // namespace headcount::test
