// Keeps a file current that others watch, and keeps its troubles away from the job: a full disk or a directory that
// cannot be written is said once, not every second, and never stops anything. Runs in the coordinator.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/log.h"
#include "common/replaced_file.h"

namespace headcount {

class FilePublisher {
 public:
  // How its messages speak of the file.
  struct Words {
    const char* what;    // "status file"
    const char* option;  // "--status-file"
    LogAction failed;
    LogAction restored;
  };

  FilePublisher(const Words& words, std::string path) : words_(words), path_(std::move(path)) {}

  void Publish(std::string_view bytes) {
    const Result<void> written = ReplaceFile(words_.what, path_, bytes);
    if (written.ok() && failing_) {
      Log(words_.restored, std::string(words_.what) + " " + path_ + " can be written again",
          {{LogLabel::kFile, path_}});
    }
    if (!written.ok() && !failing_) {
      Log(words_.failed,
          written.error().message + "; the job goes on without it (" + words_.option + " names another place)",
          {{LogLabel::kFile, path_}});
    }
    failing_ = !written.ok();
  }

 private:
  const Words words_;
  const std::string path_;
  bool failing_ = false;
};

}  // namespace headcount
