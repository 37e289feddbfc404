#include "coordinator/job/run_command.h"

#include "common/base/limits.h"
#include "common/base/result.h"
#include "common/kafka/client_config.h"
#include "common/kafka/config_check.h"
#include "coordinator/job/run_job.h"
#include "coordinator/status/file_publisher.h"
#include "coordinator/text/stdout_text.h"
#include "worker/file_frame_source.h"

namespace headcount {
namespace {

int End(const Result<void>& result) {
  if (result.ok()) return static_cast<int>(ExitCode::kDone);
  return Refuse(result.error());
}

Result<void> Print(const std::string& text) {
  if (PrintText(text)) return {};
  return Error{ExitCode::kTryAgain, "writing to stdout failed"};
}

// Only options that a start would take are shown: a property that librdkafka does not know may be a mistyped password.
Result<void> PrintConfig(const RunRequest& request) {
  if (Result<void> valid = kafka::ValidateProperties(request.options.properties); !valid) return valid;
  return Print(request.shown_config);
}

Result<void> CheckConfig(const RunOptions& options, bool ready) {
  if (Result<void> files = CheckPublishedFiles(options); !files) return files;
  if (options.reads_files()) {
    if (Result<void> readable = FileFrameSource::CheckReadable(options.files); !readable) return readable;
  }
  // The order matters: the first check has the better messages, and the second has the better reasons.
  if (Result<void> valid = kafka::ValidateProperties(options.properties); !valid) return valid;
  if (!options.reads_files()) {
    const kafka::ClientConfig config = kafka::ClientConfig::From(options);
    if (Result<void> clients = kafka::CheckClients(config, options.input_topic); !clients) return clients;
    if (ready) {
      Result<void> reached =
          kafka::CheckTopics(config, options.input_topic, options.output_topic, limits::kStartTimeoutMs);
      if (!reached) return reached;
    }
  }
  return Print("ok\n");
}

}  // namespace

int RunRun(const RunRequest& request) {
  switch (request.what) {
    case RunRequest::What::kPrintConfig: return End(PrintConfig(request));
    case RunRequest::What::kCheckConfig: return End(CheckConfig(request.options, false));
    case RunRequest::What::kCheckReady: return End(CheckConfig(request.options, true));
    case RunRequest::What::kRun: break;
  }
  return RunJob(request.options, request.reread);
}

}  // namespace headcount
