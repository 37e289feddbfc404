// Replaces the status file and the metrics file, and keeps their failures away from the job. A full disk or a directory
// that cannot be written is logged once, not every second, and never stops the job. Runs in the coordinator.
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

// Called before anything starts. Each path must be a file or not exist yet; otherwise the error is kUsage.
Result<void> CheckPublishedFiles(const RunOptions& options);

class FilePublisher {
 public:
  // The words for the file in messages.
  struct Words {
    const char* what;    // "status file"
    const char* option;  // "--status-file"
    LogAction failed;
    LogAction restored;
  };

  FilePublisher(const Words& words, std::string path) : words_(words), file_(words.what, std::move(path)) {}

  // As KeptFile::Take(); called before the first fork.
  Result<void> Take(int64_t wait_ms) { return file_.Take(wait_ms); }
  void Publish(std::string_view bytes);
  // Logs that the file is not published.
  void LogFailure(const Error& error) const;

  const Words& words() const { return words_; }
  const std::string& path() const { return file_.path(); }

 private:
  const Words words_;
  KeptFile file_;
  bool failing_ = false;
};

// The files that the user asked for.
struct PublishedFiles {
  std::optional<FilePublisher> status;
  std::optional<FilePublisher> metrics;

  // If two jobs wrote one file, it would show the one and the other in turn. So the error is kHumanNeeded if another
  // job keeps the file. A job on files goes on without the file and logs that, because many such jobs may run in one
  // folder.
  static Result<PublishedFiles> Take(const RunOptions& options);
};

}  // namespace headcount
