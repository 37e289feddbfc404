// What the control group of this process lets it have, and whether the kernel has killed for it: a container, a service
// of systemd and a pod are one. Version 2 and version 1. The texts of the kernel are parsed by pure functions; files
// are found below a root, which is another one in tests. Runs in the coordinator, before the first fork and after
// deaths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headcount {

// Where one controller's files are: the group's own folder first, then its parents up to where they are mounted.
struct CgroupFolders {
  bool is_v2 = false;
  std::vector<std::string> paths;  // empty: this controller is not there
};

// From /proc/self/cgroup and /proc/self/mountinfo. A container may see paths of the host that it cannot reach: whoever
// reads such a folder and finds nothing takes the last one, which is the container's own.
CgroupFolders FindCgroup(std::string_view controller, std::string_view proc_cgroup, std::string_view mountinfo);

// memory.max and memory.limit_in_bytes; nothing: no limit.
std::optional<uint64_t> ParseMemoryLimit(std::string_view text);
// cpu.max: "50000 100000" is half a core.
std::optional<double> ParseCpuMax(std::string_view text);
// "oom_kill 3" among the lines of memory.events or memory.oom_control.
std::optional<uint64_t> ParseCount(std::string_view key, std::string_view text);

class Cgroup {
 public:
  explicit Cgroup(std::string root = "");

  // The smallest up the hierarchy; nothing: no limit.
  std::optional<uint64_t> MemoryLimitBytes() const;
  std::optional<double> Cores() const;
  // How many processes of this group the memory killer has ended so far; nothing: that cannot be told.
  std::optional<uint64_t> MemoryKills() const;

 private:
  std::optional<std::string> Read(const std::string& path) const;

  const std::string root_;
  CgroupFolders memory_;
  CgroupFolders cpu_;
};

// --- Memory -----------------------------------------------------------------------------------------------

// What --memory is where nobody says: the usual size, or what the limit leaves for each worker.
uint64_t DefaultMemoryBytes(std::optional<uint64_t> limit_bytes, int32_t workers);

// What a job may take in all, with its clients' buffers, and what it takes at the very least.
uint64_t MostMemoryBytes(uint64_t memory_bytes, int32_t workers);
uint64_t LeastMemoryBytes(int32_t workers);

}  // namespace headcount
