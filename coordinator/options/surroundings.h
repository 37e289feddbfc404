// What a command finds around it: the host, the environment and files. Passed in, so that the reading of options
// stays pure: tests pass what they like. Runs in the coordinator, before the first fork.
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

// Missing, not to be read, a folder, too big: kHumanNeeded, with the path in quotes. A pipe is read to its end.
Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

// The same of a regular file, for whoever must not wait: others are kHumanNeeded.
Result<std::string> ReadRegularFile(const std::string& path, size_t max_bytes);

// The names in it; none where it is not there or may not be read.
std::vector<std::string> ListFolder(const std::string& path);

struct Surroundings {
  int32_t cores = 1;              // that this process may use, by its mask and by the quota of its control group
  std::string runtime_directory;  // $RUNTIME_DIRECTORY, the first if there are several; empty: none
  std::vector<std::pair<std::string, std::string>> environment = {};  // HEADCOUNT_... only
  using ReadFile = std::function<Result<std::string>(const std::string& path, size_t max_bytes)>;
  ReadFile read_file = ReadWholeFile;
  ReadFile read_file_again = ReadRegularFile;        // while the job runs
  std::optional<uint64_t> memory_limit_bytes = {};   // of the control group; nothing: there is none
  std::string service_directory = "/run/headcount";  // where the service of the package keeps its status file
  std::function<std::vector<std::string>(const std::string& path)> list_folder = ListFolder;
};
Surroundings ThisHost();

}  // namespace headcount
