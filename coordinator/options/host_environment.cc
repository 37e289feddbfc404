#include "coordinator/options/host_environment.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "common/base/units.h"
#include "coordinator/options/cgroup.h"

namespace headcount {
namespace {

constexpr std::string_view kPrefix = "HEADCOUNT_";

Error CannotRead(const std::string& path, const std::string& reason) {
  return Error{ExitCode::kHumanNeeded, "cannot read '" + path + "': " + reason};
}

std::vector<std::pair<std::string, std::string>> OurEnvironment() {
  std::vector<std::pair<std::string, std::string>> ours;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.substr(0, kPrefix.size()) != kPrefix) continue;
    ours.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return ours;
}

// With `regular_only` the open does not wait for the writer of a pipe. A pipe's content was read the first time.
Result<std::string> Read(const std::string& path, size_t max_bytes, bool regular_only) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular_only ? O_NONBLOCK : 0));
  if (fd < 0) return CannotRead(path, std::strerror(errno));
  struct stat found {};
  if (regular_only && (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))) {
    close(fd);
    return CannotRead(path, "it is no regular file, and those are read once only");
  }
  std::string bytes;
  char buffer[4096];
  ssize_t count = 0;
  do {
    count = read(fd, buffer, sizeof buffer);
    if (count > 0) bytes.append(buffer, static_cast<size_t>(count));
  } while ((count > 0 && bytes.size() <= max_bytes) || (count < 0 && errno == EINTR));
  const int read_errno = errno;
  close(fd);
  if (count < 0) return CannotRead(path, std::strerror(read_errno));
  if (bytes.size() > max_bytes) return CannotRead(path, "it is larger than " + FormatSizeBytes(max_bytes));
  return bytes;
}

}  // namespace

HostEnvironment ThisHost() {
  HostEnvironment host;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) host.cores = CPU_COUNT(&cores);
  const Cgroup group;
  // Of one and a half cores both are used, because a worker sometimes waits for the broker.
  if (const std::optional<double> quota = group.Cores()) {
    host.cores = std::clamp(static_cast<int32_t>(std::ceil(*quota)), 1, host.cores);
  }
  host.memory_limit_bytes = group.MemoryLimitBytes();
  // systemd separates several directories with colons.
  const char* directories = getenv("RUNTIME_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (directories != nullptr)
    host.runtime_directory = std::string_view(directories).substr(0, std::string_view(directories).find(':'));
  host.environment = OurEnvironment();
  return host;
}

std::vector<std::string> ListFolder(const std::string& path) {
  std::vector<std::string> names;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(path, failed), end; !failed && entry != end; entry.increment(failed)) {
    names.push_back(entry->path().filename());
  }
  return names;
}

Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) { return Read(path, max_bytes, false); }
Result<std::string> ReadRegularFile(const std::string& path, size_t max_bytes) { return Read(path, max_bytes, true); }

}  // namespace headcount
