// Keeps files current that others watch, and keeps their troubles away from the job: a full disk or a directory that
// cannot be written is said once, not every second, and never stops anything. Runs in the coordinator.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/replaced_file.h"
#include "common/base/result.h"
#include "common/job/run_options.h"
#include "common/log/log.h"

namespace headcount {

// Before anything starts: what will be replaced each second is a file, or not there yet. Else kUsage.
Result<void> CheckPublishedFiles(const RunOptions& options);

class FilePublisher {
 public:
  // How its messages speak of the file.
  struct Words {
    const char* what;    // "status file"
    const char* option;  // "--status-file"
    LogAction failed;
    LogAction restored;
  };

  FilePublisher(const Words& words, std::string path) : words_(words), file_(words.what, std::move(path)) {}

  // As KeptFile::Take(): before anything is forked.
  Result<void> Take(int64_t wait_ms) { return file_.Take(wait_ms); }
  void Publish(std::string_view bytes);
  // Says that it is not published.
  void LogFailure(const Error& error) const;

  const Words& words() const { return words_; }
  const std::string& path() const { return file_.path(); }

 private:
  const Words words_;
  KeptFile file_;
  bool failing_ = false;
};

// Those that a job was asked for.
struct PublishedFiles {
  std::optional<FilePublisher> status;
  std::optional<FilePublisher> metrics;

  // Two jobs that wrote one file would show now this one and now that: kHumanNeeded where another one keeps it. A job
  // on files, of which many may run in one folder, goes on without and says so.
  static Result<PublishedFiles> Take(const RunOptions& options);
};

}  // namespace headcount
