#include "coordinator/options/status_file_name.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "common/job/run_options.h"

namespace headcount {
namespace {

constexpr std::string_view kBegin = "headcount";
constexpr std::string_view kEnd = ".status.json";
// How much of a group's name the file's name takes: file systems allow 255 bytes in all.
constexpr size_t kGroupCharacters = 150;

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// FNV-1a. It tells apart groups whose names look alike in a file's name.
std::string HashText(const std::string& text) {
  uint32_t hash = 0x811c9dc5;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  char digits[12];
  snprintf(digits, sizeof digits, "%08x", hash);
  return digits;
}

std::string Join(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

// An empty folder is the working directory.
std::vector<std::string> Folders(const HostEnvironment& host) {
  std::vector<std::string> folders;
  if (!host.runtime_directory.empty()) folders.push_back(host.runtime_directory);
  folders.emplace_back();
  if (host.service_directory != host.runtime_directory) folders.push_back(host.service_directory);
  return folders;
}

bool IsStatusFileName(const std::string& name) {
  const bool right_ends = name.size() >= kBegin.size() + kEnd.size() && name.compare(0, kBegin.size(), kBegin) == 0 &&
                          name.compare(name.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
  return right_ends && (name.size() == kBegin.size() + kEnd.size() || name[kBegin.size()] == '-');
}

std::vector<std::string> StatusFilesIn(const std::string& folder, const HostEnvironment& host) {
  std::vector<std::string> names = host.list_folder(folder.empty() ? "." : folder);
  names.erase(std::remove_if(names.begin(), names.end(), [](const auto& name) { return !IsStatusFileName(name); }),
              names.end());
  std::sort(names.begin(), names.end());
  return names;
}

Error Several(const std::string& folder, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list.append(list.empty() ? "" : ", ").append(Join(folder, name));
  return Error{ExitCode::kUsage, "several jobs have a status file here: " + list +
                                     "; --group NAME or --status-file FILE says which one you mean"};
}

}  // namespace

std::string StatusFileName(const std::string& group) {
  std::string name(kBegin);
  if (group != RunOptions().group) {
    std::string plain = group.substr(0, kGroupCharacters);
    std::replace_if(
        plain.begin(), plain.end(), [](char c) { return !IsPlain(c); }, '_');
    name += "-" + plain;
    if (plain != group) name += "-" + HashText(group);
  }
  return name.append(kEnd);
}

std::string DefaultStatusFile(const std::string& group, const HostEnvironment& host) {
  return Join(host.runtime_directory, StatusFileName(group));
}

Result<std::string> FindStatusFile(const std::string& group, const HostEnvironment& host) {
  const std::string named = StatusFileName(group.empty() ? RunOptions().group : group);
  for (const std::string& folder : Folders(host)) {
    const std::vector<std::string> names = StatusFilesIn(folder, host);
    if (!group.empty() && std::find(names.begin(), names.end(), named) != names.end()) return Join(folder, named);
    if (!group.empty() || names.empty()) continue;
    if (names.size() > 1) return Several(folder, names);
    return Join(folder, names.front());
  }
  return Join(host.runtime_directory, named);
}

}  // namespace headcount
