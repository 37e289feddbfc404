// Where a job keeps its status file if nobody says so, and where `status`, `explain` and `health` find it then. Pure:
// what lies in a folder is passed in. Runs in the coordinator and in those commands.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

// What a user types for no status file, and for no metrics file.
inline constexpr std::string_view kNoFile = "off";

// headcount.status.json for the group that is called headcount, headcount-NAME.status.json for any other: two jobs in
// one folder have two files.
std::string StatusFileName(const std::string& group);

// In $RUNTIME_DIRECTORY where a supervisor has set that, else in the working directory.
std::string DefaultStatusFile(const std::string& group, const Surroundings& host);

// The file of a job of this group; without a group, of the one job there is. The first of these folders that has one
// decides: $RUNTIME_DIRECTORY, the working directory, /run/headcount. kUsage, naming them, where it has several. Where
// there is none: the path of DefaultStatusFile(), which reading will not find.
Result<std::string> FindStatusFile(const std::string& group, const Surroundings& host);

}  // namespace headcount
