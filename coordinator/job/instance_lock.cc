#include "coordinator/job/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "common/base/wakeup.h"

namespace headcount {
namespace {

constexpr int64_t kTryEveryMs = 20;
// How much of the group's name the file's name takes: enough for a person to recognise it. The hash tells groups apart.
constexpr size_t kGroupCharacters = 64;

std::vector<std::string> SortedBrokers(const std::string& bootstrap_server) {
  std::vector<std::string> brokers(1);
  for (const char c : bootstrap_server) {
    if (c == ',') {
      brokers.emplace_back();
    } else {
      brokers.back() += c;
    }
  }
  std::sort(brokers.begin(), brokers.end());
  brokers.erase(std::unique(brokers.begin(), brokers.end()), brokers.end());
  return brokers;
}

// FNV-1a. A stronger hash protects nothing here, because every user can lock the file directly.
uint64_t Hash(const std::vector<std::string>& parts) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const std::string& part : parts) {
    for (const char c : part) add(static_cast<unsigned char>(c));
    add(0);
  }
  return hash;
}

void SleepMs(int64_t ms) {
  const timespec pause{ms / 1000, ms % 1000 * 1'000'000};
  nanosleep(&pause, nullptr);
}

std::string ErrnoText() { return strerror(errno); }  // NOLINT(concurrency-mt-unsafe)

// For a file of another user in a shared directory, the kernel may refuse O_CREAT, and file modes may refuse writing.
// An flock needs neither.
int OpenLockFile(const std::string& path) {
  constexpr int kFlags = O_NOFOLLOW | O_NONBLOCK;
  int fd = open(path.c_str(), O_RDWR | O_CREAT | kFlags, 0644);
  if (fd < 0 && errno == EACCES) fd = open(path.c_str(), O_RDWR | kFlags);
  if (fd < 0 && errno == EACCES) fd = open(path.c_str(), O_RDONLY | kFlags);
  return fd;
}

bool TryFor(int fd, int64_t wait_ms) {
  const int64_t until_ms = MonotonicMs() + wait_ms;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    if (MonotonicMs() >= until_ms) {
      errno = EWOULDBLOCK;
      return false;
    }
    SleepMs(kTryEveryMs);
  }
  return true;
}

std::string WrittenPid(int fd) {
  char text[24] = "";
  const ssize_t length = pread(fd, text, sizeof text - 1, 0);
  const std::string pid(text, static_cast<size_t>(std::max<ssize_t>(length, 0)));
  const size_t digits = std::min(pid.find_first_not_of("0123456789"), pid.size());
  return digits > 0 ? pid.substr(0, digits) : "unknown";
}

// The pid only helps a person; the lock holds without it.
void WritePid(int fd) {
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(fd, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = pwrite(fd, pid.data(), pid.size(), 0);
}

}  // namespace

std::string LockFileName(const std::string& bootstrap_server, const std::string& group) {
  std::vector<std::string> parts = SortedBrokers(bootstrap_server);
  parts.push_back(group);
  std::string readable = group.substr(0, kGroupCharacters);
  for (char& c : readable) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  char hash[24];
  snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(Hash(parts)));
  return "headcount-" + readable + "-" + hash + ".lock";
}

std::string InstanceLock::DefaultDirectory() { return access("/run/lock", W_OK | X_OK) == 0 ? "/run/lock" : "/tmp"; }

Result<InstanceLock> InstanceLock::Acquire(const std::string& bootstrap_server, const std::string& group,
                                           const std::string& directory, int64_t wait_ms) {
  const std::string path = directory + "/" + LockFileName(bootstrap_server, group);
  InstanceLock lock(OpenLockFile(path));
  if (lock.fd() < 0) return Error{ExitCode::kHumanNeeded, "cannot open lock file " + path + ": " + ErrnoText()};
  if (TryFor(lock.fd(), wait_ms)) {
    WritePid(lock.fd());
    return lock;
  }
  if (errno != EWOULDBLOCK) return Error{ExitCode::kHumanNeeded, "cannot lock " + path + ": " + ErrnoText()};
  return Error{ExitCode::kHumanNeeded, "another headcount (pid " + WrittenPid(lock.fd()) + ") counts for group \"" +
                                           group + "\" on " + bootstrap_server +
                                           ": stop it, or choose another --group (lock file " + path + ")"};
}

InstanceLock::InstanceLock(InstanceLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

InstanceLock& InstanceLock::operator=(InstanceLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

// The destructor does not call LOCK_UN, because that would take the lock from the children too.
InstanceLock::~InstanceLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace headcount
