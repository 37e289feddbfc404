#include "coordinator/commands/explain_command.h"

#include <cstdio>
#include <string>

#include "common/base/wakeup.h"
#include "coordinator/commands/explain.h"
#include "coordinator/commands/status_command.h"
#include "coordinator/text/stdout_text.h"

namespace headcount {

int RunExplain(const ExplainOptions& options) {
  const Result<StatusReport> report = ReadStatusOf(options.status_file);
  if (!report) {
    fprintf(stderr, "headcount: %s\n", report.error().message.c_str());
    return static_cast<int>(ExitCode::kHumanNeeded);
  }
  const std::string text = !options.rejected ? Explain(*report, options.asked, WallClockMs())
                           : *options.rejected == ExplainOptions::Rejected::kLate
                               ? ExplainLate(*report, WallClockMs())
                               : ExplainRejected(*report, WallClockMs());
  return PrintText(text) ? 0 : static_cast<int>(ExitCode::kHumanNeeded);
}

}  // namespace headcount
