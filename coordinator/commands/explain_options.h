// Declares the options of `headcount explain`: their table, their help, and the parser from words to checked options.
// Errors are kUsage. Pure; runs in the process of the command, before anything else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

struct ExplainOptions {
  std::optional<EventTime> asked;  // any moment of the minute; nothing: the next minute
  // The user asks about the invalid and future frames, or about the late ones, and not about a minute.
  enum class Rejected { kInvalid, kLate };
  std::optional<Rejected> rejected = std::nullopt;
  std::string status_file;
};
Result<ExplainOptions> ParseExplain(const std::vector<std::string>& args, const HostEnvironment& host);

OptionTable ExplainOptionTable();
std::string ExplainHelp();

}  // namespace headcount
