// Reads what the control group of this process grants of memory and cores, and whether the kernel has killed in it.
// Containers, systemd services and pods are control groups; both version 1 and version 2 are read. Pure functions parse
// the kernel's texts. The files are found below a root, and tests pass a root of their own. Runs in the coordinator,
// before the first fork and after deaths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headcount {

// The folders with one controller's files: the group's own folder first, then its parents up to the mount point.
struct CgroupFolders {
  bool is_v2 = false;
  std::vector<std::string> paths;  // empty: the controller was not found
};

// Takes the texts of /proc/self/cgroup and /proc/self/mountinfo. A container may see paths of the host that it cannot
// reach. A caller that finds nothing in such a folder takes the last one, which is the container's own.
CgroupFolders FindCgroup(std::string_view controller, std::string_view proc_cgroup, std::string_view mountinfo);

// Parses memory.max and memory.limit_in_bytes. Returns bytes; nothing if there is no limit.
std::optional<uint64_t> ParseMemoryLimit(std::string_view text);
// Parses cpu.max. Returns cores: "50000 100000" is half a core. Nothing if there is no limit.
std::optional<double> ParseCpuMax(std::string_view text);
// Returns the count behind a key, as in the line "oom_kill 3" of memory.events or memory.oom_control.
std::optional<uint64_t> ParseCount(std::string_view key, std::string_view text);

class Cgroup {
 public:
  explicit Cgroup(std::string root = "");

  // Each is the smallest limit on the way up the hierarchy; nothing if there is no limit.
  std::optional<uint64_t> MemoryLimitBytes() const;
  std::optional<double> Cores() const;
  // How many processes of this group the kernel's memory killer has ended so far; nothing if the kernel does not tell.
  std::optional<uint64_t> MemoryKills() const;

 private:
  std::optional<std::string> Read(const std::string& path) const;

  const std::string root_;
  CgroupFolders memory_;
  CgroupFolders cpu_;
};

// --- Memory -----------------------------------------------------------------------------------------------

// The default of --memory, in bytes a worker: the usual size, or the part of the limit that is left for each worker.
uint64_t DefaultMemoryBytes(std::optional<uint64_t> limit_bytes, int32_t workers);

// The most that a job may take in all, with the buffers of its clients, and the least that it needs. In bytes.
uint64_t MostMemoryBytes(uint64_t memory_bytes, int32_t workers);
uint64_t LeastMemoryBytes(int32_t workers);

}  // namespace headcount
