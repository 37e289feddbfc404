// A job in one process without dice: workers and writer take their rounds in turn, promptly, and nobody dies unless a
// test says so. For what must hold on the way of a job that is left alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/writer/writer_loop.h"
#include "tests/jobs/fake_kafka.h"
#include "worker/worker_loop.h"

namespace headcount::test {

class SteadyJob {
 public:
  // All of every log can be read at once, if the test does not say otherwise (kafka()). One job at a time: the clock is
  // the process's.
  SteadyJob(const std::vector<FakeLog>& logs, const RunOptions& options);
  ~SteadyJob();
  SteadyJob(const SteadyJob&) = delete;
  SteadyJob& operator=(const SteadyJob&) = delete;

  // One process alone, in no time.
  void RoundOf(SlotId s);
  bool RoundOfWriter();
  // Every worker once, then the writer; 50 ms pass. Answers whether the job is done.
  bool Round();
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) Round();
  }
  // Rounds until it is done; throws where it does not end.
  void RunToEnd();
  void DrainToEnd();

  // One worker dies, the writer acknowledges, and its next life begins.
  void RestartWorker(SlotId s);
  // The topic has partitions more (kafka()): the writer notices, and the workers that they need are started.
  void Grow();
  // Everybody dies at once, and a new job starts from what Kafka holds, perhaps with other options.
  void StartOver(const RunOptions& options);

  TestClock& clock() { return clock_; }
  FakeKafka& kafka() { return kafka_; }
  const FakePartition& partition(PartitionId p) { return kafka_.At(p); }
  // Of all workers that still read.
  std::vector<const PartitionReader*> Readers() const;
  // The values of all minutes that are published, by time, as the output topic has them.
  std::vector<std::string> Minutes() const;

 private:
  void Start();
  void StartNeededWorkers();
  void StartWorker(SlotId s, Generation generation);

  RunOptions options_;
  FakeKafka kafka_;
  TestClock clock_;
  Random rng_{1};
  const bool patient_ = true;
  std::optional<shm::JobMemory> memory_;
  Wakeups wakeups_;
  std::vector<std::unique_ptr<WorkerStart>> starts_;  // by slot
  std::vector<std::unique_ptr<WorkerLoop>> workers_;  // by slot; null: finished
  std::unique_ptr<WriterStart> writer_start_;
  std::unique_ptr<WriterLoop> writer_;
  uint64_t run_ = 0;
  size_t begun_ = 0;  // slots whose workers have been started
};

}  // namespace headcount::test
