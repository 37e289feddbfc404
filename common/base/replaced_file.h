// A small file that is replaced again and again while others read it: they see the old or the new one, whole. Runs in
// the coordinator.
//
// A new file takes the old one's place, and so must never take that of anything else: root would turn /dev/null into a
// file for the whole machine.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"

namespace headcount {

// Where the bytes for `path` go: to itself, or to what it leads to where it is a symbolic link. kUsage where a folder,
// a device, a pipe or a socket stands there; the error says which, and nothing of what to type instead.
Result<std::string> FileToReplace(const std::string& path);

// Writes a file beside it and renames it over it. `what` stands in errors: "status file".
Result<void> ReplaceFile(const std::string& what, const std::string& path, std::string_view bytes);

// Of reading or writing `path`, by errno.
Error FileError(const char* attempt, const std::string& what, const std::string& path);

// A file that one process keeps, and nobody else replaces while it lives. A lock on the very file that stands there
// says so: nothing lies beside it, and it ends with the process, however that ends.
class KeptFile {
 public:
  KeptFile(std::string what, std::string path);
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&& other) = delete;
  ~KeptFile();

  // kUsage as of FileToReplace(); kHumanNeeded where another process keeps it, also after `wait_ms`, in which one that
  // was killed has gone. What cannot be told, as of a file system without locks, is let pass.
  Result<void> Take(int64_t wait_ms);
  // The same without waiting, then as ReplaceFile().
  Result<void> Replace(std::string_view bytes);

  const std::string& path() const { return path_; }

 private:
  enum class Standing { kAbsent, kOurs, kTaken, kUnknown };
  Standing TakeNow(const std::string& target);
  void Hold(int fd);

  std::string what_;
  std::string path_;
  int fd_ = -1;  // of the file that stands at the path, locked; -1: there is none, or it cannot be told
};

}  // namespace headcount
