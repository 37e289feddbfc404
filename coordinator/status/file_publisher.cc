#include "coordinator/status/file_publisher.h"

#include "common/base/limits.h"
#include "coordinator/status/status_report.h"

namespace headcount {
namespace {

constexpr FilePublisher::Words kStatusWords = {"status file", "--status-file", LogAction::kStatusFileFailed,
                                               LogAction::kStatusFileRestored};
constexpr FilePublisher::Words kMetricsWords = {"metrics file", "--metrics-file", LogAction::kMetricsFileFailed,
                                                LogAction::kMetricsFileRestored};

Result<std::string> FileOf(const char* option, const std::string& path) {
  Result<std::string> file = FileToReplace(path);
  if (file.ok()) return file;
  return Error{file.error().exit_code,
               std::string(option) + " " + file.error().message + ": name another one, or off for none"};
}

// Names the job that keeps the file, by the file's own content if it is a status file.
std::string WhoKeeps(const std::string& path) {
  const Result<StatusReport> report = ReadStatusFile(path);
  if (!report) return "";
  const std::string group = report->rule.group.empty() ? "" : ", group " + report->rule.group;
  return " (pid " + std::to_string(report->coordinator_pid) + group + ")";
}

Result<std::optional<FilePublisher>> TakeOne(const FilePublisher::Words& words, const std::string& path,
                                             bool may_go_without) {
  if (path.empty()) return std::optional<FilePublisher>();
  FilePublisher file(words, path);
  const Result<void> taken = file.Take(may_go_without ? 0 : limits::kLockWaitMs);
  if (taken.ok()) return std::optional<FilePublisher>(std::move(file));
  const Error error{taken.error().exit_code, taken.error().message + WhoKeeps(path)};
  if (!may_go_without) {
    return Error{error.exit_code, error.message + ": give this job another " + words.option + ", or off for none"};
  }
  file.LogFailure(error);
  return std::optional<FilePublisher>();
}

}  // namespace

Result<void> CheckPublishedFiles(const RunOptions& options) {
  std::string status_file;
  if (!options.status_file.empty()) {
    const Result<std::string> file = FileOf(kStatusWords.option, options.status_file);
    if (!file) return file.error();
    status_file = *file;
  }
  if (options.metrics_file.empty()) return {};
  const Result<std::string> file = FileOf(kMetricsWords.option, options.metrics_file);
  if (!file) return file.error();
  if (*file != status_file) return {};
  return Error{ExitCode::kUsage,
               "--metrics-file '" + options.metrics_file + "' leads to the status file: name another"};
}

void FilePublisher::Publish(std::string_view bytes) {
  const Result<void> written = file_.Replace(bytes);
  if (written.ok() && failing_) {
    Log(words_.restored, std::string(words_.what) + " " + path() + " can be written again",
        {{LogLabel::kFile, path()}});
  }
  if (!written.ok() && !failing_) LogFailure(written.error());
  failing_ = !written.ok();
}

void FilePublisher::LogFailure(const Error& error) const {
  Log(words_.failed, error.message + "; the job goes on without it (" + words_.option + " names another place)",
      {{LogLabel::kFile, path()}});
}

Result<PublishedFiles> PublishedFiles::Take(const RunOptions& options) {
  PublishedFiles files;
  Result<std::optional<FilePublisher>> status = TakeOne(kStatusWords, options.status_file, options.reads_files());
  if (!status) return status.error();
  if (*status) files.status.emplace(std::move(**status));
  Result<std::optional<FilePublisher>> metrics = TakeOne(kMetricsWords, options.metrics_file, options.reads_files());
  if (!metrics) return metrics.error();
  if (*metrics) files.metrics.emplace(std::move(**metrics));
  return files;
}

}  // namespace headcount
