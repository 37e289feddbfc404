#include "common/replaced_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace headcount {
namespace {

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Error FileError(const char* attempt, const std::string& what, const std::string& path) {
  return Error{ExitCode::kHumanNeeded, std::string("cannot ") + attempt + " " + what + " " + path + ": " +
                                           strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

// A name of our own for the new file: two jobs that share a path by mistake take turns, and never mix.
Result<void> ReplaceFile(const std::string& what, const std::string& path, std::string_view bytes) {
  const std::string aside = path + ".new." + std::to_string(getpid());
  const int fd = open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return FileError("create", what, aside);
  const bool written = WriteAll(fd, bytes);
  const int write_errno = errno;
  close(fd);
  errno = write_errno;
  if (written && rename(aside.c_str(), path.c_str()) == 0) return {};
  const Error error = FileError(written ? "replace" : "write", what, path);
  unlink(aside.c_str());
  return error;
}

}  // namespace headcount
