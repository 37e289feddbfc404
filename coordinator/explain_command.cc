#include "coordinator/explain_command.h"

#include <cstdio>
#include <string>

#include "common/status_report.h"
#include "common/wakeup.h"
#include "coordinator/explain.h"

namespace headcount {

int RunExplain(const ExplainOptions& options) {
  const Result<StatusReport> report = ReadStatusFile(options.status_file);
  if (!report) {
    fprintf(stderr, "headcount: %s; --status-file names the file of the job you mean\n",
            report.error().message.c_str());
    return static_cast<int>(ExitCode::kHumanNeeded);
  }
  const std::string text = Explain(*report, options.asked, WallClockMs());
  fwrite(text.data(), 1, text.size(), stdout);
  return fflush(stdout) == 0 ? 0 : static_cast<int>(ExitCode::kHumanNeeded);
}

}  // namespace headcount
