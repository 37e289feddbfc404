#include "coordinator/options/cgroup.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

#include "common/base/limits.h"

namespace headcount {
namespace {

constexpr uint64_t kMib = uint64_t{1} << 20;
// For "no limit", version 1 writes the largest number of whole pages.
constexpr uint64_t kNoLimit = uint64_t{1} << 60;
// Beside its slice, a worker has 32 MiB of fetched frames and its client. The writer has a client.
constexpr uint64_t kBesideSliceBytes = 48 * kMib;
constexpr uint64_t kBesideWorkersBytes = 32 * kMib;
// A job of two workers on files took 7 MiB, and it died in 6 MiB.
constexpr uint64_t kLeastProcessBytes = 3 * kMib / 2;

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bool Has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

struct Mount {
  std::string root;  // the folder of the hierarchy that is mounted at `point`
  std::string point;
};

// A line of mountinfo: "32 31 0:29 /root /point options [tags] - cgroup cgroup rw,memory"
std::optional<Mount> FindMount(std::string_view mountinfo, bool v2, std::string_view controller) {
  for (const std::string& line : Split(mountinfo, '\n')) {
    const std::vector<std::string> words = Split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4) continue;
    const bool right = v2 ? dash[1] == "cgroup2" : dash[1] == "cgroup" && Has(Split(dash[3], ','), controller);
    if (right) return Mount{words[3], words[4]};
  }
  return std::nullopt;
}

// The path of this group in the hierarchy of the controller. Version 1 is read only if the controller is not in version
// 2's hierarchy.
std::optional<std::string> FindPath(std::string_view proc_cgroup, bool v2, std::string_view controller) {
  for (const std::string& line : Split(proc_cgroup, '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (v2 ? controllers.empty() && line[0] == '0' : Has(Split(controllers, ','), controller)) {
      return line.substr(second + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

CgroupFolders FindCgroup(std::string_view controller, std::string_view proc_cgroup, std::string_view mountinfo) {
  CgroupFolders folders;
  std::optional<std::string> path = FindPath(proc_cgroup, false, controller);
  if (!path) {
    folders.is_v2 = true;
    path = FindPath(proc_cgroup, true, controller);
  }
  const std::optional<Mount> mount = FindMount(mountinfo, folders.is_v2, controller);
  if (!path || !mount) return folders;
  std::string below = *path;
  if (mount->root != "/" && below.compare(0, mount->root.size(), mount->root) == 0) below.erase(0, mount->root.size());
  while (below.size() > 1) {
    folders.paths.push_back(mount->point + below);
    below.erase(below.rfind('/'));
  }
  folders.paths.push_back(mount->point);
  return folders;
}

std::optional<uint64_t> ParseMemoryLimit(std::string_view text) {
  const std::optional<uint64_t> bytes = ParseNumber<uint64_t>(text);
  return bytes && *bytes < kNoLimit ? bytes : std::nullopt;
}

std::optional<double> ParseCpuMax(std::string_view text) {
  const std::optional<int64_t> quota = ParseNumber<int64_t>(text);
  const size_t blank = text.find(' ');
  if (!quota || *quota <= 0 || blank == std::string_view::npos) return std::nullopt;
  const std::optional<int64_t> period = ParseNumber<int64_t>(text.substr(blank + 1));
  if (!period || *period <= 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<uint64_t> ParseCount(std::string_view key, std::string_view text) {
  for (const std::string& line : Split(text, '\n')) {
    const std::vector<std::string> words = Split(line, ' ');
    if (words.size() == 2 && words[0] == key) return ParseNumber<uint64_t>(words[1]);
  }
  return std::nullopt;
}

// --- Cgroup -----------------------------------------------------------------------------------------------

Cgroup::Cgroup(std::string root) : root_(std::move(root)) {
  const std::string own = Read("/proc/self/cgroup").value_or("");
  const std::string mounts = Read("/proc/self/mountinfo").value_or("");
  memory_ = FindCgroup("memory", own, mounts);
  cpu_ = FindCgroup("cpu", own, mounts);
}

std::optional<std::string> Cgroup::Read(const std::string& path) const {
  std::ifstream file(root_ + path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<uint64_t> Cgroup::MemoryLimitBytes() const {
  std::optional<uint64_t> smallest;
  for (const std::string& folder : memory_.paths) {
    const std::optional<std::string> text = Read(folder + (memory_.is_v2 ? "/memory.max" : "/memory.limit_in_bytes"));
    const std::optional<uint64_t> limit = text ? ParseMemoryLimit(*text) : std::nullopt;
    if (limit) smallest = std::min(smallest.value_or(*limit), *limit);
  }
  return smallest;
}

std::optional<double> Cgroup::Cores() const {
  std::optional<double> smallest;
  for (const std::string& folder : cpu_.paths) {
    const std::string text = cpu_.is_v2 ? Read(folder + "/cpu.max").value_or("")
                                        : Read(folder + "/cpu.cfs_quota_us").value_or("") + " " +
                                              Read(folder + "/cpu.cfs_period_us").value_or("");
    const std::optional<double> cores = ParseCpuMax(text);
    if (cores) smallest = std::min(smallest.value_or(*cores), *cores);
  }
  return smallest;
}

std::optional<uint64_t> Cgroup::MemoryKills() const {
  for (const std::string& folder : memory_.paths) {
    const std::optional<std::string> text = Read(folder + (memory_.is_v2 ? "/memory.events" : "/memory.oom_control"));
    if (!text) continue;
    const std::optional<uint64_t> kills = ParseCount("oom_kill", *text);
    if (kills || memory_.is_v2) return kills;
    // Kernels before 4.13 count only how often a process met the limit.
    return ParseNumber<uint64_t>(Read(folder + "/memory.failcnt").value_or(""));
  }
  return std::nullopt;
}

// --- Memory -----------------------------------------------------------------------------------------------

// Under a small limit the workers share a quarter of it. A slice takes memory only as it is used, and a full slice ends
// with a clear error.
uint64_t DefaultMemoryBytes(std::optional<uint64_t> limit_bytes, int32_t workers) {
  if (!limit_bytes) return limits::kDefaultMemoryBytes;
  const uint64_t count = static_cast<uint64_t>(workers);
  const uint64_t beside = MostMemoryBytes(0, workers);
  const uint64_t left = std::max(*limit_bytes > beside ? *limit_bytes - beside : 0, *limit_bytes / 4);
  return std::clamp(left / count / kMib * kMib, limits::kMinMemoryBytes, limits::kDefaultMemoryBytes);
}

uint64_t MostMemoryBytes(uint64_t memory_bytes, int32_t workers) {
  return kBesideWorkersBytes + static_cast<uint64_t>(workers) * (kBesideSliceBytes + memory_bytes);
}

uint64_t LeastMemoryBytes(int32_t workers) { return static_cast<uint64_t>(workers + 2) * kLeastProcessBytes; }

}  // namespace headcount
