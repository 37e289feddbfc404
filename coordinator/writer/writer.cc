#include "coordinator/writer/writer.h"

#include <memory>

#include "common/log/log.h"
#include "common/shm/writer_view.h"
#include "coordinator/writer/kafka_sink.h"
#include "coordinator/writer/stdout_sink.h"
#include "coordinator/writer/writer_loop.h"

namespace headcount {
namespace {

// The sink beats through `view`, which outlives it, while a call takes its time.
std::unique_ptr<RecordSink> MakeSink(const WriterStart& start, shm::WriterView* view) {
  if (start.options->reads_files()) {
    return std::make_unique<StdoutSink>(
        start.options, start.generation, [view] { view->Beat(MonotonicMs()); },
        [&start] { return IsHungUp(start.parent_fd); });
  }
  return std::make_unique<KafkaSink>(
      start.options,
      [view](bool inside_broker_call) {
        view->Beat(MonotonicMs());
        view->InBrokerCall(inside_broker_call);
      },
      [&start, view] { return view->draining() || IsHungUp(start.parent_fd); });
}

}  // namespace

int RunWriter(const WriterStart& start) {
  shm::WriterView view(start.memory);
  WriterLoop loop(start, MakeSink(start, &view));
  const Result<void> ended = loop.Run();
  if (ended.ok()) return static_cast<int>(ExitCode::kDone);
  LogFailure(LogAction::kWriterFailed, ended.error());
  return static_cast<int>(ended.error().exit_code);
}

}  // namespace headcount
