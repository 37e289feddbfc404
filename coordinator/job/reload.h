// Decides what a running job takes from its configuration when a SIGHUP has it read again: only the log's level. All
// other options went into the takeover, the forks or the counts, and stay until a restart. Pure; runs in the
// coordinator.
#pragma once

#include <string>
#include <vector>

#include "common/job/run_options.h"
#include "common/log/log_actions.h"

namespace headcount {

struct Reload {
  struct Refused {
    std::string option;    // "window"
    std::string sentence;  // "window stays 60s: 120s needs a restart"; a property's value is left out
  };
  LogLevel log_level = LogLevel::kInfo;
  std::vector<Refused> refused;  // in the order of the help
};

Reload ReloadOf(const RunOptions& running, const RunOptions& reread);

}  // namespace headcount
