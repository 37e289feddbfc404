#include "coordinator/run_request.h"

#include <cstdio>

#include "common/kafka/client_config.h"
#include "common/result.h"
#include "coordinator/run_job.h"

namespace headcount {
namespace {

int End(const Result<void>& result) {
  if (result.ok()) return static_cast<int>(ExitCode::kDone);
  fprintf(stderr, "headcount: %s\n", result.error().message.c_str());
  return static_cast<int>(result.error().exit_code);
}

Result<void> Print(const std::string& text) {
  fwrite(text.data(), 1, text.size(), stdout);
  if (fflush(stdout) != 0) return Error{ExitCode::kTryAgain, "writing to stdout failed"};
  return {};
}

// Only what a start would take is shown: a property that librdkafka does not know may be a mistyped password.
Result<void> PrintConfig(const RunRequest& request) {
  if (Result<void> valid = kafka::ValidateProperties(request.options.properties); !valid) return valid;
  return Print(request.shown_config);
}

}  // namespace

int Answer(const RunRequest& request) {
  switch (request.what) {
    case RunRequest::What::kPrintConfig: return End(PrintConfig(request));
    default: return RunJob(request.options);
  }
}

}  // namespace headcount
