// Programs that a test starts, watches and ends, and the folders they work in. Runs in tests.
//
// A ChildProcess is killed and reaped by its destructor, and dies with the thread that made it. Its output
// goes to files: nothing fills up while the test looks elsewhere, and what was printed outlives a crash.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headcount::test {

// A new folder, gone with everything in it at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string ReadFile(const std::filesystem::path& path);  // empty where there is none
void WriteFile(const std::filesystem::path& path, const std::string& bytes);

// Asks every few milliseconds until the answer is yes or the time is over. For what nobody reports.
bool Eventually(const std::function<bool()>& condition, std::chrono::milliseconds timeout = std::chrono::seconds(30));

// The living children of a process, by number.
std::vector<pid_t> ChildrenOf(pid_t pid);
// ... and theirs, parents before children.
std::vector<pid_t> DescendantsOf(pid_t pid);

struct ExitStatus {
  std::optional<int> code;    // it ended by itself
  std::optional<int> signal;  // or by this signal

  friend bool operator==(const ExitStatus& a, const ExitStatus& b) { return a.code == b.code && a.signal == b.signal; }
};
std::string Describe(const ExitStatus& status);  // "exit 78", "signal 9"

struct ChildOptions {
  std::string input;                                             // what it reads from stdin
  std::filesystem::path directory;                               // where it works; empty: where the test does
  std::vector<std::pair<std::string, std::string>> environment;  // beside what the test has
};

class ChildProcess {
 public:
  // `program` is a path, or a name to be looked for in PATH. Throws std::system_error where it cannot be started.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments, const ChildOptions& options = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool IsRunning();
  // None: it still runs.
  std::optional<ExitStatus> Wait(std::chrono::milliseconds timeout = std::chrono::seconds(60));
  void Signal(int number);  // nothing happens once it has been reaped
  void Kill() { Signal(SIGKILL); }

  // So far.
  std::string Out() const { return ReadFile(files_ / "out"); }
  std::string Err() const { return ReadFile(err_file()); }
  std::filesystem::path err_file() const { return files_ / "err"; }  // for who wants only what is new in it

 private:
  const TempDir files_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<ExitStatus> status_;
};

struct Finished {
  ExitStatus status;
  std::string out;
  std::string err;
};
// Starts it and waits. Where the time is over it is killed: signal 9.
Finished RunToEnd(const std::string& program, const std::vector<std::string>& arguments,
                  const ChildOptions& options = {}, std::chrono::milliseconds timeout = std::chrono::seconds(120));

}  // namespace headcount::test
