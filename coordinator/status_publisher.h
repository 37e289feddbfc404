// Keeps the status file current, and keeps its troubles away from the job: a full disk or a directory that
// cannot be written is said once, not every second, and never stops anything. Runs in the coordinator.
#pragma once

#include <string>
#include <utility>

#include "common/log.h"
#include "common/status_report.h"

namespace headcount {

class StatusPublisher {
 public:
  explicit StatusPublisher(std::string path) : path_(std::move(path)) {}

  void Publish(const StatusReport& report) {
    const Result<void> written = WriteStatusFile(path_, report);
    if (written.ok() && failing_) {
      Log(LogAction::kStatusFileRestored, "status file " + path_ + " can be written again", {{LogLabel::kFile, path_}});
    }
    if (!written.ok() && !failing_) {
      Log(LogAction::kStatusFileFailed,
          written.error().message + "; the job goes on without it (--status-file names another place)",
          {{LogLabel::kFile, path_}});
    }
    failing_ = !written.ok();
  }

 private:
  const std::string path_;
  bool failing_ = false;
};

}  // namespace headcount
