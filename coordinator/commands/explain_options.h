// The options of `headcount explain`: their table, the help, and from words to checked options. Errors are kUsage.
// Pure; runs in the process of the command, before anything else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

struct ExplainOptions {
  std::optional<EventTime> asked;  // any moment of the minute that is meant; nothing: the next one
  // Not about a minute: the invalid and future frames, or the late ones.
  enum class Rejected { kInvalid, kLate };
  std::optional<Rejected> rejected = std::nullopt;
  std::string status_file;
};
Result<ExplainOptions> ParseExplain(const std::vector<std::string>& args, const Surroundings& host);

OptionTable ExplainOptionTable();
std::string ExplainHelp();

}  // namespace headcount
