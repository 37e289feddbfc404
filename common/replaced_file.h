// A small file that is replaced again and again while others read it: they see the old or the new one, whole. Runs in
// the coordinator.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace headcount {

// Writes a file beside `path` and renames it over it. `what` stands in errors: "status file".
Result<void> ReplaceFile(const std::string& what, const std::string& path, std::string_view bytes);

// Of reading or writing `path`, by errno.
Error FileError(const char* attempt, const std::string& what, const std::string& path);

}  // namespace headcount
