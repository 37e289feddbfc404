// Decides which children are started, killed and given up, and when the job ends. Pure: it has no fork, no signal, no
// clock and no shared memory. Runs in the coordinator, which gathers the facts, calls Step() and executes the returned
// actions in order (coordinator/job/run_job.cc).
//
//            first writer ready                  writer died               no child lives, pause over
//   starting ------------------> running ----------------------> starting_over ------------------> starting
//      |                            |                                  |
//      +------------+---------------+----------------------------------+
//                   | a signal                     | the writer is done, or a failure is final
//                   v                              v
//               draining ----- all ended -----> ending ----- no child lives -----> ended
//
//   a slot:  idle -> running -> (killed) -> waiting -> running ...   waiting: for the writer to acknowledge the
//                                                                    raised generation, and for the pause
//                   running -> finished: it has read all and said goodbye; only a start over starts it again
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/partition_plan.h"
#include "common/base/result.h"
#include "common/base/types.h"
#include "coordinator/job/obituary.h"

namespace headcount {

// --- Facts ------------------------------------------------------------------------------------------------

// How far the writer is, as it stores it in shared memory.
enum class WriterPhase : uint8_t {
  kNotStarted,
  kPartitionsKnown,  // it has reached the broker (or the files)
  kReady,            // the takeover is committed; every known partition has its start point
  kDone,             // all commits are made
};

struct ChildFacts {
  std::optional<Death> death;  // reaped since the last Step
  int64_t heartbeat_ms = 0;    // by the clock of now_ms; 0: none yet
  // Grows with the child's progress only: for a worker the sum of its positions, for the writer the closed frontier. A
  // generation made progress if it ends with more than every earlier one.
  int64_t reached = 0;
};

struct WorkerFacts : ChildFacts {
  std::optional<FrameMark> mark;   // the frame under the decoder
  Generation writer_acknowledged;  // the newest generation of this slot that the writer knows of
};

struct WriterFacts : ChildFacts {
  WriterPhase phase = WriterPhase::kNotStarted;
  bool in_transaction = false;  // inside a call that may block for transaction.timeout.ms
};

// The coordinator reaps deaths before it reads shared memory, so that it sees a death together with what that child
// stored before.
struct SupervisorFacts {
  WriterFacts writer;
  std::vector<WorkerFacts> workers;  // one per slot
  int32_t partition_count = 0;       // 0: not known yet
  int stop_signals = 0;              // SIGTERM and SIGINT so far
  double jitter = 0;                 // random, 0 <= jitter < 1
};

// --- Actions ----------------------------------------------------------------------------------------------

struct StartWriter {
  Generation generation;
};
// The coordinator resets the slice, stores the generation, and then forks the worker.
struct StartWorker {
  SlotId slot;
  Generation generation;
  std::vector<FrameMark> poison;  // these records are invalid, undecoded
};
// Sends SIGKILL. No slot means the writer.
struct Kill {
  std::optional<SlotId> slot;
};
// Tells the writer to drop what it has of older generations of this slot and to acknowledge. While draining no worker
// follows.
struct RaiseGeneration {
  SlotId slot;
  Generation generation;
};
// No child lives; the coordinator makes all shared memory new.
struct ResetSharedMemory {};
// Tells all children, through shared memory, to finish.
struct BeginDrain {};
struct LogDeath {
  Obituary obituary;
};
// The last action of all. The message is empty if there is no error to report.
struct Exit {
  ExitCode code;
  std::string message;
  bool by_broken_pipe = false;  // the reader of stdout has gone: the program ends by SIGPIPE, as other tools do
};

using Action =
    std::variant<StartWriter, StartWorker, Kill, RaiseGeneration, ResetSharedMemory, BeginDrain, LogDeath, Exit>;

// --- States -----------------------------------------------------------------------------------------------

enum class JobState : uint8_t { kStarting, kRunning, kStartingOver, kDraining, kEnding, kEnded };
enum class ChildState : uint8_t { kIdle, kRunning, kKilled, kWaiting, kFinished };

const char* Name(JobState state);
const char* Name(ChildState state);

// --- The core ---------------------------------------------------------------------------------------------

class Supervisor {
 public:
  explicit Supervisor(int32_t workers);

  // Returns the actions that follow from the facts at `now_ms` (monotonic). The caller calls it at least every second,
  // and after each death.
  std::vector<Action> Step(int64_t now_ms, const SupervisorFacts& facts);

  JobState state() const { return state_; }
  // Everything is committed, or was given up because a person asked; the children end.
  bool EndsWell() const;
  // Exit::by_broken_pipe, as far as it is known.
  bool EndsByBrokenPipe() const { return exit_.by_broken_pipe; }
  // Whether no child has hung, been killed for it, and is still not dead.
  bool NoChildHangs() const;
  // The word of the status file: "starting", "running", "draining", "done" or "failed".
  const char* StatusWord() const;
  Generation writer_generation() const { return writer_.generation; }
  Generation generation(SlotId slot) const { return ChildOf(slot).generation; }
  uint64_t writer_restarts() const { return Restarts(writer_); }
  uint64_t restarts(SlotId slot) const { return Restarts(ChildOf(slot)); }
  ChildState child_state(SlotId slot) const { return ChildOf(slot).state; }

 private:
  struct MarkedDeaths {
    FrameMark mark;
    int deaths = 0;
  };
  struct Child {
    std::optional<SlotId> slot;  // none: the writer
    ChildState state = ChildState::kIdle;
    Generation generation;
    uint64_t starts = 0;
    int64_t started_ms = 0;
    int64_t killed_ms = 0;       // kKilled
    bool was_hung = false;       // kKilled, because its heartbeat stopped
    int64_t raised_ms = 0;       // kWaiting
    int64_t may_start_ms = 0;    // kWaiting
    int64_t best_reached = 0;    // over all earlier generations
    int futile_generations = 0;  // in a row, that made no progress and ended soon
    int failed_generations = 0;  // of those, the ones that were not killed from outside
    std::vector<MarkedDeaths> marked_deaths;
    std::vector<FrameMark> poison;
  };

  void TakeDeaths(const SupervisorFacts& facts);
  Obituary ObituaryOf(const Child& child, const Death& death) const;
  DeathAction TakeWriterDeath(const SupervisorFacts& facts, int64_t* delay_ms);
  void TakeWorkerDeath(Child& worker, const SupervisorFacts& facts, Obituary* obituary);
  bool EndedTheJob(const Child& child, const Death& death);
  void JudgeGeneration(Child& child, const ChildFacts& facts) const;
  std::optional<int64_t> RestartDelay(Child& child, const ChildFacts& facts, double jitter);
  bool MarkIsPoison(Child& worker, const Death& death, const std::optional<FrameMark>& mark);
  void Raise(Child& worker);
  void StartOver(int64_t delay_ms);
  void TakeSignals(int stop_signals);
  void Advance(const SupervisorFacts& facts);
  void StartNeededWorkers(const SupervisorFacts& facts);
  void KillHungChildren(const SupervisorFacts& facts);
  void CheckHeartbeat(Child& child, const ChildFacts& facts, int64_t limit_ms);
  void CheckReaping();

  void End(ExitCode code, std::string message);
  void KillAll();
  void KillChild(Child& child, bool hung);
  void Start(Child& child);
  bool AnyAlive() const;
  static bool IsAlive(const Child& child) {
    return child.state == ChildState::kRunning || child.state == ChildState::kKilled;
  }
  static uint64_t Restarts(const Child& child) { return child.starts > 0 ? child.starts - 1 : 0; }
  const Child& ChildOf(SlotId slot) const { return workers_[static_cast<size_t>(slot.value())]; }

  // Fixed after construction.
  PartitionPlan plan_;

  JobState state_ = JobState::kStarting;
  Child writer_;
  std::vector<Child> workers_;
  int32_t partition_count_ = 0;
  int64_t last_step_ms_ = 0;
  bool stepped_ = false;
  int64_t grace_from_ms_ = 0;    // a missing heartbeat counts from here on at the earliest
  int64_t drain_until_ms_ = 0;   // kDraining
  int64_t ending_since_ms_ = 0;  // kEnding
  Exit exit_{ExitCode::kDone, ""};

  // During one Step only.
  int64_t now_ms_ = 0;
  std::vector<Action> actions_;
};

}  // namespace headcount
