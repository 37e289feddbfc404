// Files that others read while we write them: they see the old one or the new one, whole. The coordinator and the
// commands use it.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace headcount {

// Writes `bytes` to a file beside `path` and renames it over it. `what` it is stands in errors (kHumanNeeded):
// "status file".
Result<void> ReplaceFile(const std::string& what, const std::string& path, std::string_view bytes);

}  // namespace headcount
