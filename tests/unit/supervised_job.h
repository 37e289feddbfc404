// A job in memory around the real supervisor: starts and buries children as told. Runs in tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/limits.h"
#include "coordinator/job/supervisor.h"

namespace headcount::test {

// Does what the coordinator's shell does with actions, in memory: knows who lives, and passes on facts.
class SupervisedJob {
 public:
  explicit SupervisedJob(int32_t workers) : supervisor(workers) { facts.workers.resize(static_cast<size_t>(workers)); }

  std::vector<Action> StepAt(int64_t now) {
    now_ms = now;
    if (beating) {
      facts.writer.heartbeat_ms = now;
      for (WorkerFacts& worker : facts.workers) worker.heartbeat_ms = now;
    }
    last = supervisor.Step(now, facts);
    facts.writer.death.reset();
    for (WorkerFacts& worker : facts.workers) worker.death.reset();
    for (const Action& action : last) Note(action);
    return last;
  }
  std::vector<Action> StepAfter(int64_t ms) { return StepAt(now_ms + ms); }
  // In steps short enough not to look like a pause of the coordinator.
  void Pass(int64_t ms) {
    for (int64_t until = now_ms + ms; now_ms < until;) StepAfter(std::min<int64_t>(1000, until - now_ms));
  }

  void BecomeReady(int32_t partitions) {
    StepAfter(0);
    facts.writer.phase = WriterPhase::kReady;
    facts.partition_count = partitions;
    StepAfter(10);
  }

  void WorkerDies(size_t slot, Death death) { facts.workers[slot].death = death; }
  void WriterDies(Death death) { facts.writer.death = death; }
  void AcknowledgeAll() {
    for (size_t s = 0; s < facts.workers.size(); ++s) {
      facts.workers[s].writer_acknowledged = supervisor.generation(SlotId(static_cast<int32_t>(s)));
    }
  }
  // The same worker dies again and again, each time as soon as it lives.
  void DieRepeatedly(size_t slot, Death death, int times) {
    for (int i = 0; i < times; ++i) {
      WorkerDies(slot, death);
      StepAfter(1);
      if (ended()) return;
      AcknowledgeAll();
      Pass(limits::kMaxRestartDelayMs);
    }
  }

  template <typename T>
  std::vector<T> Of() const {
    std::vector<T> found;
    for (const Action& action : last) {
      if (const T* wanted = std::get_if<T>(&action)) found.push_back(*wanted);
    }
    return found;
  }
  template <typename T>
  bool Has() const {
    return !Of<T>().empty();
  }
  bool ended() const { return !exits.empty(); }

  Supervisor supervisor;
  SupervisorFacts facts;
  bool beating = true;
  int64_t now_ms = 1'000'000;
  std::vector<Action> last;
  std::vector<Exit> exits;
  std::vector<StartWorker> worker_starts;

 private:
  void Note(const Action& action) {
    if (const auto* exit = std::get_if<Exit>(&action)) exits.push_back(*exit);
    if (const auto* start = std::get_if<StartWorker>(&action)) worker_starts.push_back(*start);
    if (std::holds_alternative<ResetSharedMemory>(action)) {
      facts.writer = WriterFacts{};
      facts.workers.assign(facts.workers.size(), WorkerFacts{});
      facts.partition_count = 0;
    }
  }
};

inline Death Signaled(int signal) { return Death{Death::Kind::kSignaled, signal, 4711}; }
inline Death Exited(int code) { return Death{Death::Kind::kExited, code, 4711}; }
inline Death Exited(ExitCode code) { return Exited(static_cast<int>(code)); }

}  // namespace headcount::test
