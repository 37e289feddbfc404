#include "worker/worker.h"

#include <malloc.h>

#include <memory>
#include <utility>

#include "common/base/limits.h"
#include "common/log/log.h"
#include "worker/file_frame_source.h"
#include "worker/kafka_frame_source.h"
#include "worker/worker_loop.h"

namespace headcount {
namespace {

std::unique_ptr<FrameSource> MakeSource(const RunOptions& options, Generation generation) {
  if (options.reads_files()) {
    const auto life =
        generation > Generation(1) ? FileFrameSource::FirstRead::kRestarted : FileFrameSource::FirstRead::kFirst;
    return std::make_unique<FileFrameSource>(options.files, options.max_frame_bytes, life);
  }
  KafkaSourceOptions kafka;
  kafka.config = kafka::ClientConfig::From(options);
  kafka.topic = options.input_topic;
  kafka.on_lost_input = options.on_lost_input;
  return std::make_unique<KafkaFrameSource>(std::move(kafka));
}

// librdkafka allocates and frees its fetch buffers by the megabyte. If malloc gave the pages back after every batch,
// the kernel would fault them in and clear them for the next. That took 7 % of the CPU time of a run from Kafka.
void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, limits::kKeepBlocksBytes);
  mallopt(M_TRIM_THRESHOLD, limits::kKeepFreeBytes);
}

}  // namespace

int RunWorker(const WorkerStart& start) {
  KeepFreedMemory();
  WorkerLoop loop(start, MakeSource(*start.options, start.generation));
  const Result<void> ended = loop.Run();
  if (ended.ok()) return static_cast<int>(ExitCode::kDone);
  LogFailure(LogAction::kWorkerFailed, ended.error());
  return static_cast<int>(ended.error().exit_code);
}

}  // namespace headcount
