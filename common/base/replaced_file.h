// Replaces a small file again and again while other processes read it: a reader sees the old or the new file, whole.
// Runs in the coordinator.
//
// The new file takes the name of the old one, so the writing process must never take the name of anything else: run by
// root, it would turn /dev/null into a file for the whole machine.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

// The path that the bytes for `path` go to: `path` itself, or the target if `path` is a symbolic link. kUsage if a
// folder, a device, a pipe or a socket has that name. The error says which, and does not say what to type instead.
Result<std::string> FileToReplace(const std::string& path);

// Writes a new file beside the old one and renames it over the old one. Errors name the file by `what`, e.g. "status
// file".
Result<void> ReplaceFile(const std::string& what, const std::string& path, std::string_view bytes);

// The error of reading or writing `path`, from errno.
Error FileError(const char* attempt, const std::string& what, const std::string& path);

// A file that one process keeps: no other process that uses KeptFile replaces it meanwhile. A lock on the file itself
// says so. So no lock file lies beside it, and the lock ends with the process, in whatever way that ends.
class KeptFile {
 public:
  KeptFile(std::string what, std::string path);
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&& other) = delete;
  ~KeptFile();

  // kUsage as in FileToReplace(). kHumanNeeded if another process still keeps the file after `wait_ms`, the time that a
  // killed one has to go. If the file system cannot tell (some have no locks), the result is a success.
  Result<void> Take(int64_t wait_ms);
  // The same without waiting, then as ReplaceFile().
  Result<void> Replace(std::string_view bytes);

  const std::string& path() const { return path_; }

 private:
  enum class Ownership { kAbsent, kOurs, kTaken, kUnknown };
  Ownership TakeNow(const std::string& target);
  void Hold(int fd);

  std::string what_;
  std::string path_;
  int fd_ = -1;  // of the locked file that has this path; -1: none, or unknown
};

}  // namespace headcount
