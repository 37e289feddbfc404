#include "common/log/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>
#include <mutex>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/shared_atomic.h"

namespace headcount {
namespace {

constexpr mode_t kFileMode = 0640;  // lines name topics, groups and offsets: only the owner and the log's readers may
                                    // read them
constexpr int kNone = -1;
static_assert(limits::kLogLineBytes <= PIPE_BUF, "what poll() says of a pipe holds for so many bytes");

// The terminal, pipe or socket behind stderr.
class Stderr {
 public:
  void Forget() { *this = {}; }

  void Write(std::string_view text) {
    if (!has_looked_) Look();
    [[maybe_unused]] const ssize_t written = fd_ == kNone ? WriteAsItIs(text) : write(fd_, text.data(), text.size());
  }

 private:
  // A full terminal makes the writer of the next line wait, although poll(2) says that it takes more. O_NONBLOCK
  // belongs to the open file that other processes share with us. So we open the terminal once more, for us alone.
  void Look() {
    has_looked_ = true;
    struct stat found {};
    if (fstat(STDERR_FILENO, &found) != 0) return;
    is_socket_ = S_ISSOCK(found.st_mode);
    if (isatty(STDERR_FILENO) != 1) return;
    fd_ = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  }

  // A line is at most PIPE_BUF bytes, so poll()'s answer about a pipe holds for the whole line.
  ssize_t WriteAsItIs(std::string_view text) const {
    if (is_socket_) return send(STDERR_FILENO, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    pollfd polled{STDERR_FILENO, POLLOUT, 0};
    if (poll(&polled, 1, 0) <= 0 || (polled.revents & POLLOUT) == 0) return 0;
    return write(STDERR_FILENO, text.data(), text.size());
  }

  bool has_looked_ = false;
  int fd_ = kNone;  // the terminal, opened once more
  bool is_socket_ = false;
};

class LogFile {
 public:
  Result<void> Open(const std::string& path) {
    path_ = path;
    Result<void> opened = Open();
    if (opened.ok()) {
      reopenings_ = NewSharedAtomic<uint32_t>(0);
      lost_since_ms_ = NewSharedAtomic<int64_t>(0);
      is_torn_ = NewSharedAtomic<bool>(false);
    }
    return opened;
  }
  Result<void> Reopen() {
    if (!is_used()) return {};
    opened_ = reopenings_->fetch_add(1, std::memory_order_relaxed) + 1;
    return Open();
  }
  bool is_used() const { return reopenings_ != nullptr; }
  void Forget() { fd_ = kNone; }

  // False: this process has no open file, so the caller writes elsewhere. `failure`: errno of a line that the file did
  // not take; 0: the file has it.
  bool Write(std::string_view line, int* failure) {
    const uint32_t reopenings = reopenings_->load(std::memory_order_relaxed);
    if (fd_ == kNone || opened_ != reopenings) {
      // If the open fails, the process goes on with the old file.
      [[maybe_unused]] const Result<void> opened = Open();
      opened_ = reopenings;
    }
    if (fd_ == kNone) return false;
    // Ends a line that a full disk has cut off, so that the next one starts on a line of its own.
    if (*is_torn_ && write(fd_, "\n", 1) == 1) *is_torn_ = false;
    const ssize_t written = write(fd_, line.data(), line.size());
    const bool is_whole = written == static_cast<ssize_t>(line.size());
    if (written > 0 && !is_whole) *is_torn_ = true;
    *failure = is_whole ? 0 : written < 0 ? errno : ENOSPC;
    return true;
  }

  // Whether the process reports lost lines now: at the first one, and again after each minute of losses.
  bool MustSay(int failure) {
    const int64_t said_ms = *lost_since_ms_;
    if (failure == 0) {
      if (said_ms != 0) *lost_since_ms_ = 0;
      return false;
    }
    const int64_t now_ms = MonotonicMs();
    if (said_ms != 0 && now_ms - said_ms < limits::kLogMinuteMs) return false;
    *lost_since_ms_ = now_ms;
    return true;
  }
  const std::string& path() const { return path_; }

 private:
  Result<void> Open() {
    const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, kFileMode);
    if (fd < 0) {
      return Error{ExitCode::kHumanNeeded,
                   "log file \"" + path_ + "\" cannot be opened: " + strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
    }
    if (fd_ != kNone) close(fd_);
    fd_ = fd;
    return {};
  }

  std::atomic<uint32_t>* reopenings_ = nullptr;  // how often a process asked for another file; null: there is no file
  // Shared by all processes, so that one of them reports for the job.
  std::atomic<int64_t>* lost_since_ms_ = nullptr;  // when a process last reported lost lines; 0: none is lost
  std::atomic<bool>* is_torn_ = nullptr;           // the last line has no end
  uint32_t opened_ = 0;                            // its value when this process last opened the file
  std::string path_;
  int fd_ = kNone;
};

// Never destroyed, because librdkafka's threads may log while the process exits.
struct Output {
  std::mutex mutex;
  LogFile file;
  Stderr standard_error;
};

Output& TheOutput() {
  static auto& output = *new Output;
  return output;
}

}  // namespace

Result<void> LogToFile(const std::string& path) {
  const std::lock_guard<std::mutex> lock(TheOutput().mutex);
  return TheOutput().file.Open(path);
}

Result<void> ReopenLogFile() {
  const std::lock_guard<std::mutex> lock(TheOutput().mutex);
  return TheOutput().file.Reopen();
}

bool LogsToFile() { return TheOutput().file.is_used(); }

void ForgetLogDescriptors() {
  const std::lock_guard<std::mutex> lock(TheOutput().mutex);
  TheOutput().file.Forget();
  TheOutput().standard_error.Forget();
}

void WriteLogLine(std::string_view line) {
  const std::lock_guard<std::mutex> lock(TheOutput().mutex);
  LogFile& file = TheOutput().file;
  int failure = 0;
  if (!file.is_used() || !file.Write(line, &failure)) return TheOutput().standard_error.Write(line);
  if (!file.MustSay(failure)) return;
  TheOutput().standard_error.Write("headcount: log file \"" + file.path() +
                                   "\" takes no more lines, and they are lost: " + strerror(failure) +
                                   "\n");  // NOLINT(concurrency-mt-unsafe)
}

void WriteToStderr(std::string_view text) {
  const std::lock_guard<std::mutex> lock(TheOutput().mutex);
  TheOutput().standard_error.Write(text);
}

}  // namespace headcount
