// Holds what a command finds on its host: cores, memory, the environment and files. The caller passes it in, so that
// the reading of options stays pure and tests pass values of their own. Runs in the coordinator, before the first fork.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace headcount {

// Reads a file whole; it reads a pipe to its end. The error is kHumanNeeded, with the path in quotes, if the file is
// missing, unreadable, a folder or larger than `max_bytes`.
Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

// Reads a regular file, for a caller that must not wait. Any other kind of file is kHumanNeeded too.
Result<std::string> ReadRegularFile(const std::string& path, size_t max_bytes);

// The names in a folder; empty if the folder is missing or unreadable.
std::vector<std::string> ListFolder(const std::string& path);

struct HostEnvironment {
  int32_t cores = 1;              // that this process may use, by its mask and by the quota of its control group
  std::string runtime_directory;  // $RUNTIME_DIRECTORY, the first if there are several; empty: none
  std::vector<std::pair<std::string, std::string>> environment = {};  // the variables HEADCOUNT_... only
  using ReadFile = std::function<Result<std::string>(const std::string& path, size_t max_bytes)>;
  ReadFile read_file = ReadWholeFile;
  ReadFile read_file_again = ReadRegularFile;        // while the job runs
  std::optional<uint64_t> memory_limit_bytes = {};   // of the control group; nothing: no limit
  std::string service_directory = "/run/headcount";  // the folder of the package's service
  std::function<std::vector<std::string>(const std::string& path)> list_folder = ListFolder;
};
HostEnvironment ThisHost();

}  // namespace headcount
