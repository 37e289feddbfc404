#include "common/base/replaced_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "common/base/clock.h"

namespace headcount {
namespace {

constexpr int kMaxLinks = 40;  // as many as the kernel follows
constexpr int64_t kTryEveryMs = 20;

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

const char* KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "no ordinary file";
}

Error NoFile(const std::string& path, const std::string& kind) {
  return Error{ExitCode::kUsage, "'" + path + "' is " + kind + ", and only a file can be replaced"};
}

bool IsSame(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

// The target of a symbolic link, as a path from the current folder; nothing if `path` is not a link.
std::optional<std::string> LinkedFrom(const std::string& path) {
  char text[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), text, sizeof text);
  if (length <= 0) return std::nullopt;
  const std::string linked(text, static_cast<size_t>(length));
  const size_t slash = path.rfind('/');
  return linked[0] == '/' || slash == std::string::npos ? linked : path.substr(0, slash + 1) + linked;
}

std::string AsideOf(const std::string& target) { return target + ".new." + std::to_string(getpid()); }

// Fails if another process has made a file of that name meanwhile. Some file systems cannot promise that.
bool RenameToFree(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  return (errno == EINVAL || errno == ENOSYS) && rename(from.c_str(), to.c_str()) == 0;
}

void SleepMs(int64_t ms) {
  const timespec pause{ms / 1000, ms % 1000 * 1'000'000};
  nanosleep(&pause, nullptr);
}

}  // namespace

Error FileError(const char* attempt, const std::string& what, const std::string& path) {
  std::string why = strerror(errno);  // NOLINT(concurrency-mt-unsafe)
  if (errno == EFBIG) why += " (by a limit on the size of files, as ulimit -f sets it, or by the file system's own)";
  return Error{ExitCode::kHumanNeeded, std::string("cannot ") + attempt + " " + what + " " + path + ": " + why};
}

namespace {

// Gives the descriptor of a new file beside `target` that holds the bytes. The name carries our process id, so that two
// processes with the same path by mistake never mix their bytes.
Result<int> WriteAside(const std::string& what, const std::string& path, const std::string& aside,
                       std::string_view bytes) {
  const int fd = open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return FileError("create", what, aside);
  if (WriteAll(fd, bytes)) return fd;
  const Error error = FileError("write", what, path);
  close(fd);
  unlink(aside.c_str());
  return error;
}

}  // namespace

Result<std::string> FileToReplace(const std::string& path) {
  struct stat there {};
  const bool exists = stat(path.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) return NoFile(path, KindOf(there.st_mode));
  std::string target = path;
  for (int links = 0; const std::optional<std::string> linked = LinkedFrom(target); ++links) {
    if (links == kMaxLinks) return NoFile(path, "a symbolic link that leads nowhere");
    target = *linked;
  }
  // For example /proc/self/fd/1 after the file behind it has been deleted.
  struct stat found {};
  if (exists && (lstat(target.c_str(), &found) != 0 || !IsSame(there, found))) {
    return NoFile(path, "a link to a file that has no name");
  }
  return target;
}

Result<void> ReplaceFile(const std::string& what, const std::string& path, std::string_view bytes) {
  const Result<std::string> target = FileToReplace(path);
  if (!target) return Error{target.error().exit_code, what + " " + target.error().message};
  const std::string aside = AsideOf(*target);
  const Result<int> fd = WriteAside(what, path, aside, bytes);
  if (!fd) return fd.error();
  close(*fd);
  if (rename(aside.c_str(), target->c_str()) == 0) return {};
  const Error error = FileError("replace", what, path);
  unlink(aside.c_str());
  return error;
}

// --- KeptFile ---------------------------------------------------------------------------------------------

KeptFile::KeptFile(std::string what, std::string path) : what_(std::move(what)), path_(std::move(path)) {}

KeptFile::KeptFile(KeptFile&& other) noexcept
    : what_(std::move(other.what_)), path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

KeptFile::~KeptFile() { Hold(-1); }

void KeptFile::Hold(int fd) {
  if (fd_ >= 0 && fd_ != fd) close(fd_);
  fd_ = fd;
}

// Another process that keeps the file may replace it between open and flock. Then our lock is on a file without a name,
// so each round compares the locked file with the one at the path.
KeptFile::Ownership KeptFile::TakeNow(const std::string& target) {
  for (;;) {
    struct stat there {};
    struct stat held {};
    if (stat(target.c_str(), &there) != 0) {
      const bool absent = errno == ENOENT;
      Hold(-1);
      return absent ? Ownership::kAbsent : Ownership::kUnknown;
    }
    if (fd_ >= 0 && fstat(fd_, &held) == 0 && IsSame(held, there)) return Ownership::kOurs;
    Hold(open(target.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (fd_ < 0 && errno == ENOENT) continue;
    if (fd_ < 0) return Ownership::kUnknown;
    if (flock(fd_, LOCK_EX | LOCK_NB) == 0) continue;  // ours, if it still has this path
    const bool taken = errno == EWOULDBLOCK;
    Hold(-1);
    return taken ? Ownership::kTaken : Ownership::kUnknown;
  }
}

Result<void> KeptFile::Take(int64_t wait_ms) {
  const Result<std::string> target = FileToReplace(path_);
  if (!target) return Error{target.error().exit_code, what_ + " " + target.error().message};
  const int64_t until_ms = MonotonicMs() + wait_ms;
  while (TakeNow(*target) == Ownership::kTaken) {
    if (MonotonicMs() >= until_ms) {
      return Error{ExitCode::kHumanNeeded, what_ + " " + path_ + " is kept by another job"};
    }
    SleepMs(kTryEveryMs);
  }
  return {};
}

Result<void> KeptFile::Replace(std::string_view bytes) {
  const Result<std::string> target = FileToReplace(path_);
  if (!target) return Error{target.error().exit_code, what_ + " " + target.error().message};
  const Ownership ownership = TakeNow(*target);
  if (ownership == Ownership::kTaken) {
    return Error{ExitCode::kHumanNeeded, what_ + " " + path_ + " is kept by another job"};
  }
  const std::string aside = AsideOf(*target);
  const Result<int> fd = WriteAside(what_, path_, aside, bytes);
  if (!fd) return fd.error();
  // Locked before the rename, so that no other process ever finds the new file unlocked.
  [[maybe_unused]] const int locked = flock(*fd, LOCK_EX | LOCK_NB);
  const bool renamed =
      ownership == Ownership::kAbsent ? RenameToFree(aside, *target) : rename(aside.c_str(), target->c_str()) == 0;
  if (renamed) {
    Hold(*fd);
    return {};
  }
  const Error error = FileError("replace", what_, path_);
  close(*fd);
  unlink(aside.c_str());
  return error;
}

}  // namespace headcount
