// Names a job's status file if the user does not, and finds it for `status`, `explain` and `health`. Pure: the names in
// a folder are passed in. Runs in the coordinator and in those commands.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "coordinator/options/host_environment.h"

namespace headcount {

// The user types it for no status file, and for no metrics file.
inline constexpr std::string_view kNoFile = "off";

// headcount.status.json for the group that is called headcount, headcount-NAME.status.json for any other. So two jobs
// in one folder have two files.
std::string StatusFileName(const std::string& group);

// The path is in $RUNTIME_DIRECTORY if a supervisor has set that, otherwise in the working directory.
std::string DefaultStatusFile(const std::string& group, const HostEnvironment& host);

// The status file of the job of this group; without a group, that of the only job. The first of these folders that has
// one decides: $RUNTIME_DIRECTORY, the working directory, /run/headcount. If that folder has several, the error is
// kUsage and names them. If no folder has one, it returns the path of DefaultStatusFile(), and the caller's read then
// fails.
Result<std::string> FindStatusFile(const std::string& group, const HostEnvironment& host);

}  // namespace headcount
