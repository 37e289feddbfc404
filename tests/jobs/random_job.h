// A whole job in one process: the real worker and writer loops over the real shared memory and its views, between a
// fake Kafka, clocks moved by dice, and deaths at every named point. No fork, no broker, no real time; everything
// follows from the case and the seed of the dice.
//
// A process dies by an exception that a crash point throws: its loop is dropped, and what it had stored stays. What the
// coordinator does then is done here, as coordinator/job/supervisor.h decides: a worker's generation is raised, the
// writer acknowledges, the next life begins; a writer takes everybody and the memory with it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/base/clock.h"
#include "common/shm/coordinator_view.h"
#include "coordinator/writer/writer_loop.h"
#include "tests/jobs/fake_kafka.h"
#include "tests/jobs/random_case.h"
#include "tests/support/oracle.h"
#include "worker/worker_loop.h"

namespace headcount::test {

// How often, or how far, something came: by name, so that a suite can show that it reaches what it speaks of.
using Reached = std::map<std::string_view, uint64_t>;

class RandomJob {
 public:
  // `c` outlives the job. Only one job at a time: clocks and crash points are the process's.
  RandomJob(const RandomCase& c, uint64_t rng_seed, Reached* reached);
  ~RandomJob();
  RandomJob(const RandomJob&) = delete;
  RandomJob& operator=(const RandomJob&) = delete;

  // All runs; answers what is wrong, or nothing.
  std::string Run();

 private:
  struct Died {};  // thrown through the process that dies
  struct Wrong {
    std::string what;
  };
  // The number counts excuses at one offset: there is another one after a change of the rule, and after a restart
  // there.
  using DecisionKey = std::tuple<Offset, Decision::Kind, size_t>;
  using Decisions = std::map<DecisionKey, Decision>;  // of one partition
  // A start with a rule, as one partition stood then.
  struct Start {
    Offset offset;
    size_t idle_here;  // already part of the state
    WindowStart closed_frontier;
    CountingRule rule;
  };
  using DecisionsByPartition = std::map<PartitionId, Decisions>;

  enum class SlotState {
    kIdle,      // not started yet
    kRunning,   // its loop takes rounds
    kDead,      // not reaped yet
    kWaiting,   // its generation is raised, the writer is to acknowledge
    kFinished,  // it has said goodbye
  };
  struct Slot {
    SlotState state = SlotState::kIdle;
    Generation generation;
    std::unique_ptr<WorkerStart> start;
    std::unique_ptr<WorkerLoop> loop;
    bool reading = false;
    std::vector<PoisonFrame> poison;     // as the coordinator remembers it
    std::map<PartitionId, Start> begun;  // where this life began
    DecisionsByPartition decisions;      // every move this life has ever had ...
    DecisionsByPartition published;      // ... as its newest publication stands on them
  };

  // --- Runs -------------------------------------------------------------------------------------------------
  // `closes_all`: --until-end publishes what is not over yet, too.
  void RunOne(const CaseRun& run, const CaseRun* next, bool closes_all);
  void SetOptions(const CaseRun& run, bool closes_all);
  void Play(const CaseRun& run, const CaseRun* next);
  void PlayOneStep(const CaseRun& run, const CaseRun* next);
  void WaitOutSilence();
  bool IsQuietUpTo(WindowStart boundary);
  void FinishWithRetry(Mode mode);
  void EndAtOnce();
  void CompareWithOracle(const CaseRun& run) const;
  void CompareWithPlainRule(const DecisionsByPartition& decisions) const;

  // --- The coordinator --------------------------------------------------------------------------------------
  void StartOver(bool coordinator_too);
  void StepSlot(SlotId s);
  void BeginWorker(SlotId s);
  void StepWorker(SlotId s);
  void StepWriter();
  template <typename Act>
  void AsProcess(std::optional<SlotId> who, Act act);
  void TakeDeath(std::optional<SlotId> who);
  void FindPoison(SlotId s);

  // --- What is watched --------------------------------------------------------------------------------------
  void OnCrashPoint(const char* name);
  void OnCommit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                const CommitHeader& header);
  void OnTakeOver(const StartPlan& plan);
  void CheckPoint(const PartitionSafePoint& point, const CommitHeader& header);
  void NoteDecisions(Slot* slot);
  Start StartAt(PartitionId p, const JudgeState& point) const;
  void Note(std::string_view name, uint64_t times = 1) const { (*reached_)[name] += times; }
  void NoteMost(std::string_view name, uint64_t value) {
    uint64_t& most = (*reached_)[name];
    most = std::max(most, value);
  }
  OraclePartition Reference(PartitionId p, const DecisionsByPartition& decisions) const;
  DecisionsByPartition AllDecisions() const;
  uint64_t Waiting() const;

  // --- The world --------------------------------------------------------------------------------------------
  void PassTime(int64_t ms);
  void SetWall();
  void Grow(const CaseRun& run, const CaseRun* next);
  void AddPartitions(size_t count);

  bool draining() const { return memory_->job().coordinator_draining.load() != 0; }
  Slot& At(SlotId s) { return slots_[static_cast<size_t>(s.value())]; }

  const RandomCase& case_;
  Random rng_;
  Reached* const reached_;
  TestClock clock_;
  FakeKafka kafka_;

  // Of one run.
  RunOptions options_;
  FingerprintKey key_;
  std::optional<shm::JobMemory> memory_;
  std::vector<Slot> slots_;
  std::unique_ptr<WriterStart> writer_start_;
  std::unique_ptr<WriterLoop> writer_;
  bool writer_started_ = false;
  bool done_ = false;
  bool patient_ = false;
  std::optional<SlotId> acting_;  // whose code runs; nobody: the writer's
  int deaths_left_ = 0;
  uint64_t crash_in_ = 0;  // crash points to pass; 0: none is armed

  // Of the whole job.
  DecisionsByPartition committed_decisions_;
  EventTime latest_end_ = EventTime::Unset();         // of all windows that any worker ever opened
  std::map<PartitionId, std::vector<Start>> starts_;  // the first is that which added the partition
  std::map<PartitionId, Offset> judged_;              // how far any life is known to have come
};

}  // namespace headcount::test
