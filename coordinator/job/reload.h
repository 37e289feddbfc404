// What a running job takes from its configuration when that is read once more (SIGHUP): the log's level. Everything
// else is part of what has been claimed, forked or counted, and stays until a restart. Pure; runs in the coordinator.
#pragma once

#include <string>
#include <vector>

#include "common/job/run_options.h"
#include "common/log/log_actions.h"

namespace headcount {

struct Reload {
  struct Refused {
    std::string option;    // "window"
    std::string sentence;  // "window stays 60s: 120s needs a restart"; of a property no value is told
  };
  LogLevel log_level = LogLevel::kInfo;
  std::vector<Refused> refused;  // in the order of the help
};

Reload ReloadOf(const RunOptions& running, const RunOptions& reread);

}  // namespace headcount
