#include "coordinator/job/supervisor.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"

namespace headcount {
namespace {

constexpr std::array<const char*, 6> kJobStateNames = {"starting", "running", "starting_over",
                                                       "draining", "ending",  "ended"};
constexpr std::array<const char*, 5> kChildStateNames = {"idle", "running", "killed", "waiting", "finished"};

// Exits that the next generation of the same child would only repeat.
bool IsFinal(const Death& death) {
  if (death.kind != Death::Kind::kExited) return false;
  switch (static_cast<ExitCode>(death.code)) {
    case ExitCode::kUsage:
    case ExitCode::kUnavailable:
    case ExitCode::kTryAgain:
    case ExitCode::kHumanNeeded: return true;
    default: return false;
  }
}

// While draining no child is restarted, so exits that ask for another try are no error. Errors that a person must mend
// still end the job.
bool IsFinalWhileDraining(const Death& death) {
  return IsFinal(death) && death.code != static_cast<int>(ExitCode::kUnavailable) &&
         death.code != static_cast<int>(ExitCode::kTryAgain);
}

bool IsGoodbye(const Death& death) { return death.kind == Death::Kind::kExited && death.code == 0; }

// A person's kill is no evidence against the job. A kill by the kernel's memory killer is: the job takes too much
// memory.
bool IsFromOutside(const Death& death, bool was_hung) {
  return !was_hung && !death.by_memory_killer && death.kind == Death::Kind::kSignaled && death.code == SIGKILL;
}

// Deaths that a frame can cause in its decoder.
bool MayBeTheFrame(const Death& death, bool was_hung) {
  if (was_hung) return true;
  if (death.kind != Death::Kind::kSignaled) return false;
  constexpr std::array<int, 5> kSignals = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
  return std::find(kSignals.begin(), kSignals.end(), death.code) != kSignals.end();
}

// The end of the message about a child that failed too often.
std::string LastCause(const Death& death) {
  if (death.by_memory_killer) {
    return ", the last time by the kernel's memory killer: it needs a higher memory limit, a smaller --memory or fewer "
           "--workers";
  }
  if (!death.last_words.empty()) return ", the last time of this: " + death.last_words;
  switch (death.kind) {
    case Death::Kind::kExited: return ", the last time with exit code " + std::to_string(death.code);
    case Death::Kind::kSignaled: return ", the last time by signal " + std::to_string(death.code);
    case Death::Kind::kNotStarted: return ", the last time before it could be started";
  }
  return "";
}

std::string ChildName(const std::optional<SlotId>& slot) {
  return slot ? "worker " + std::to_string(slot->value()) : "the writer";
}

}  // namespace

const char* Name(JobState state) { return kJobStateNames[static_cast<size_t>(state)]; }
const char* Name(ChildState state) { return kChildStateNames[static_cast<size_t>(state)]; }

Supervisor::Supervisor(int32_t workers) : plan_(workers), workers_(static_cast<size_t>(workers)) {
  for (int32_t s = 0; s < workers; ++s) workers_[static_cast<size_t>(s)].slot = SlotId(s);
}

std::vector<Action> Supervisor::Step(int64_t now_ms, const SupervisorFacts& facts) {
  HC_CHECK(facts.workers.size() == workers_.size(), "facts of " + std::to_string(facts.workers.size()) + " workers");
  actions_.clear();
  if (state_ == JobState::kEnded) return {};
  if (stepped_ && now_ms - last_step_ms_ > limits::kCoordinatorPauseMs) grace_from_ms_ = now_ms;
  stepped_ = true;
  now_ms_ = last_step_ms_ = now_ms;
  if (facts.partition_count > 0) partition_count_ = facts.partition_count;

  TakeDeaths(facts);
  TakeSignals(facts.stop_signals);
  KillHungChildren(facts);
  CheckReaping();
  Advance(facts);
  return std::exchange(actions_, {});
}

bool Supervisor::EndsWell() const {
  return (state_ == JobState::kEnding || state_ == JobState::kEnded) && exit_.code == ExitCode::kDone;
}

bool Supervisor::NoChildHangs() const {
  const auto hangs = [](const Child& child) { return child.state == ChildState::kKilled && child.was_hung; };
  return !hangs(writer_) && std::none_of(workers_.begin(), workers_.end(), hangs);
}

const char* Supervisor::StatusWord() const {
  switch (state_) {
    case JobState::kStarting:
    case JobState::kStartingOver: return "starting";
    case JobState::kRunning: return "running";
    case JobState::kDraining: return "draining";
    case JobState::kEnding:
    case JobState::kEnded: return exit_.code == ExitCode::kDone ? "done" : "failed";
  }
  return "?";
}

// --- Deaths -----------------------------------------------------------------------------------------------

// The supervisor first marks all dead children as not alive, so that it kills none that is gone. Then it judges the
// writer's death before the workers', because the writer's exit decides what theirs mean.
void Supervisor::TakeDeaths(const SupervisorFacts& facts) {
  std::vector<std::pair<Child*, Obituary>> dead;
  const auto bury = [&](Child& child, const ChildFacts& child_facts) {
    if (!child_facts.death || !IsAlive(child)) return;
    dead.emplace_back(&child, ObituaryOf(child, *child_facts.death));
    child.state = ChildState::kIdle;
  };
  bury(writer_, facts.writer);
  for (size_t s = 0; s < workers_.size(); ++s) bury(workers_[s], facts.workers[s]);

  for (auto& [child, obituary] : dead) {
    const size_t index = actions_.size();  // the log line stands before the actions that follow from it
    actions_.emplace_back(LogDeath{});
    if (child->slot) {
      TakeWorkerDeath(*child, facts, &obituary);
    } else {
      obituary.action = TakeWriterDeath(facts, &obituary.delay_ms);
    }
    actions_[index] = LogDeath{std::move(obituary)};
  }
}

Obituary Supervisor::ObituaryOf(const Child& child, const Death& death) const {
  Obituary obituary;
  obituary.slot = child.slot;
  obituary.generation = child.generation;
  obituary.death = death;
  obituary.was_hung = child.state == ChildState::kKilled && child.was_hung;
  obituary.ended_by_job = child.state == ChildState::kKilled && !child.was_hung &&
                          death.kind == Death::Kind::kSignaled && death.code == SIGKILL;
  obituary.uptime_s = (now_ms_ - child.started_ms) / 1000;
  if (child.slot) obituary.partitions = plan_.PartitionsOf(*child.slot, partition_count_);
  obituary.action = DeathAction::kEnd;
  return obituary;
}

DeathAction Supervisor::TakeWriterDeath(const SupervisorFacts& facts, int64_t* delay_ms) {
  const Death& death = *facts.writer.death;
  if (state_ == JobState::kEnding) return DeathAction::kEnd;
  // Once all is committed, no death matters any more.
  if (facts.writer.phase == WriterPhase::kDone) {
    End(ExitCode::kDone, "");
    return DeathAction::kEnd;
  }
  // A process ignores every other SIGPIPE (coordinator/text/broken_pipe.h).
  if (death.kind == Death::Kind::kSignaled && death.code == SIGPIPE) {
    End(ExitCode::kTryAgain, "");
    exit_.by_broken_pipe = true;
    return DeathAction::kEnd;
  }
  if (EndedTheJob(writer_, death)) return DeathAction::kEnd;
  if (state_ == JobState::kDraining) {
    End(ExitCode::kDone,
        IsGoodbye(death) ? "" : "the writer died while finishing; what it had not committed comes again");
    return DeathAction::kEnd;
  }
  const std::optional<int64_t> delay = RestartDelay(writer_, facts.writer, facts.jitter);
  if (!delay) return DeathAction::kEnd;
  *delay_ms = *delay;
  StartOver(*delay);
  return DeathAction::kStartOver;
}

void Supervisor::TakeWorkerDeath(Child& worker, const SupervisorFacts& facts, Obituary* obituary) {
  const WorkerFacts& worker_facts = facts.workers[static_cast<size_t>(worker.slot->value())];
  const Death& death = *worker_facts.death;
  obituary->mark = worker_facts.mark;
  if (state_ == JobState::kEnding || facts.writer.phase == WriterPhase::kDone) return;
  if (EndedTheJob(worker, death)) return;
  if (state_ == JobState::kStartingOver) {
    obituary->action = DeathAction::kStartOver;
    obituary->delay_ms = std::max<int64_t>(0, writer_.may_start_ms - now_ms_);
    return;
  }
  if (state_ == JobState::kDraining) {
    // After a goodbye its last seal is valid. After a death the writer must learn that no more hand-offs will come.
    if (!IsGoodbye(death)) Raise(worker);
    return;
  }
  if (IsGoodbye(death)) {
    worker.state = ChildState::kFinished;
    return;
  }
  const bool poison = MarkIsPoison(worker, death, worker_facts.mark);
  if (poison) worker.futile_generations = worker.failed_generations = 0;  // the next generation passes that frame
  const std::optional<int64_t> delay = RestartDelay(worker, worker_facts, facts.jitter);
  if (!delay) return;
  Raise(worker);
  worker.state = ChildState::kWaiting;
  worker.raised_ms = now_ms_;
  worker.may_start_ms = now_ms_ + *delay;
  obituary->action = poison ? DeathAction::kPoison : DeathAction::kRestart;
  obituary->delay_ms = *delay;
}

bool Supervisor::EndedTheJob(const Child& child, const Death& death) {
  if (state_ == JobState::kDraining ? !IsFinalWhileDraining(death) : !IsFinal(death)) return false;
  const std::string who = ChildName(child.slot) + " (pid " + std::to_string(death.pid) +
                          ") ended the job with exit code " + std::to_string(death.code);
  End(static_cast<ExitCode>(death.code),
      death.last_words.empty() ? who + "; its own last line says why" : death.last_words + "; " + who);
  return true;
}

void Supervisor::JudgeGeneration(Child& child, const ChildFacts& facts) const {
  const bool made_progress = facts.reached > child.best_reached;
  child.best_reached = std::max(child.best_reached, facts.reached);
  if (made_progress || now_ms_ - child.started_ms >= limits::kHealthyGenerationMs) {
    child.futile_generations = child.failed_generations = 0;
    return;
  }
  ++child.futile_generations;
  if (!IsFromOutside(*facts.death, child.was_hung)) ++child.failed_generations;
}

// Returns nothing, and the job ends, if too many generations failed in a row. Kills from outside only lengthen the
// pause: otherwise a person who keeps killing workers could end the job.
std::optional<int64_t> Supervisor::RestartDelay(Child& child, const ChildFacts& facts, double jitter) {
  JudgeGeneration(child, facts);
  if (child.failed_generations >= limits::kMaxFailedGenerations) {
    End(ExitCode::kTryAgain, ChildName(child.slot) + " died " + std::to_string(child.failed_generations) +
                                 " times without getting anything done in between" + LastCause(*facts.death));
    return std::nullopt;
  }
  const int doublings = std::clamp(child.futile_generations - 1, 0, limits::kMaxRestartDoublings);
  const int64_t delay_ms = std::min(limits::kMaxRestartDelayMs, limits::kFirstRestartDelayMs << doublings);
  // The delay is up to a quarter shorter, so that the jobs of many hosts do not all return to a broker at once.
  return delay_ms - static_cast<int64_t>(static_cast<double>(delay_ms) * jitter / 4);
}

bool Supervisor::MarkIsPoison(Child& worker, const Death& death, const std::optional<FrameMark>& mark) {
  const bool was_hung = worker.was_hung;
  if (!mark || !MayBeTheFrame(death, was_hung)) return false;
  auto& marked = worker.marked_deaths;
  auto found = std::find_if(marked.begin(), marked.end(), [&](const MarkedDeaths& m) { return m.mark == *mark; });
  if (found == marked.end()) {
    if (marked.size() >= limits::kMaxMarkedDeaths) marked.erase(marked.begin());
    found = marked.insert(marked.end(), MarkedDeaths{*mark, 0});
  }
  if (++found->deaths < limits::kPoisonDeaths) return false;
  marked.erase(found);
  if (worker.poison.size() >= limits::kMaxPoisonMarks) worker.poison.erase(worker.poison.begin());
  worker.poison.push_back(*mark);
  return true;
}

void Supervisor::Raise(Child& worker) {
  worker.generation = Generation(worker.generation.value() + 1);
  actions_.emplace_back(RaiseGeneration{*worker.slot, worker.generation});
}

// --- Starting ---------------------------------------------------------------------------------------------

void Supervisor::StartOver(int64_t delay_ms) {
  state_ = JobState::kStartingOver;
  writer_.may_start_ms = now_ms_ + delay_ms;
  for (Child& worker : workers_) {
    if (!IsAlive(worker)) worker.state = ChildState::kIdle;
  }
  KillAll();
}

void Supervisor::Advance(const SupervisorFacts& facts) {
  switch (state_) {
    case JobState::kStarting:
      if (writer_.state == ChildState::kIdle) {
        if (now_ms_ >= writer_.may_start_ms) Start(writer_);
        return;  // the facts do not cover this writer yet
      }
      if (facts.writer.phase == WriterPhase::kReady || facts.writer.phase == WriterPhase::kDone) {
        state_ = JobState::kRunning;
      }
      StartNeededWorkers(facts);
      return;
    case JobState::kRunning: StartNeededWorkers(facts); return;
    case JobState::kStartingOver:
      if (AnyAlive()) return;
      actions_.emplace_back(ResetSharedMemory{});
      state_ = JobState::kStarting;
      return;
    case JobState::kDraining:
      if (now_ms_ < drain_until_ms_) return;
      End(ExitCode::kDone, "not finished in time; what was not committed comes again with the next start");
      [[fallthrough]];
    case JobState::kEnding:
      if (AnyAlive() && now_ms_ - ending_since_ms_ < limits::kEndReapMs) return;
      state_ = JobState::kEnded;
      actions_.emplace_back(exit_);
      return;
    case JobState::kEnded: return;
  }
}

void Supervisor::StartNeededWorkers(const SupervisorFacts& facts) {
  // The workers connect while the writer makes its takeover, and wait for it before they read.
  const bool known = facts.writer.phase == WriterPhase::kPartitionsKnown || facts.writer.phase == WriterPhase::kReady;
  if (!known || writer_.state != ChildState::kRunning) return;
  for (Child& worker : workers_) {
    if (!plan_.IsNeeded(*worker.slot, facts.partition_count)) continue;
    const WorkerFacts& worker_facts = facts.workers[static_cast<size_t>(worker.slot->value())];
    if (worker.state == ChildState::kIdle) Start(worker);
    if (worker.state != ChildState::kWaiting) continue;
    if (worker_facts.writer_acknowledged >= worker.generation) {
      if (now_ms_ >= worker.may_start_ms) Start(worker);
    } else if (now_ms_ - std::max(worker.raised_ms, grace_from_ms_) > limits::kAcknowledgeTimeoutMs) {
      KillChild(writer_, true);
    }
  }
}

// A raised generation is the number of the next start. A generation that has run is over, so an idle child gets the
// next number.
void Supervisor::Start(Child& child) {
  if (child.state == ChildState::kIdle) child.generation = Generation(child.generation.value() + 1);
  child.state = ChildState::kRunning;
  child.started_ms = now_ms_;
  child.was_hung = false;
  ++child.starts;
  if (child.slot) {
    actions_.emplace_back(StartWorker{*child.slot, child.generation, child.poison});
  } else {
    actions_.emplace_back(StartWriter{child.generation});
  }
}

// --- Ending -----------------------------------------------------------------------------------------------

void Supervisor::TakeSignals(int stop_signals) {
  if (stop_signals == 0) return;
  if (stop_signals > 1) {
    End(ExitCode::kDone, "stopped at once; what was not committed comes again with the next start");
    ending_since_ms_ = now_ms_ - limits::kEndReapMs;  // the children die with us; we do not wait
    return;
  }
  if (state_ == JobState::kDraining || state_ == JobState::kEnding) return;
  if (!IsAlive(writer_)) {
    End(ExitCode::kDone, "");
    return;
  }
  state_ = JobState::kDraining;
  drain_until_ms_ = now_ms_ + limits::kDrainMs;
  for (Child& worker : workers_) {
    if (worker.state == ChildState::kWaiting) worker.state = ChildState::kIdle;
  }
  actions_.emplace_back(BeginDrain{});
}

void Supervisor::End(ExitCode code, std::string message) {
  if (state_ == JobState::kEnding) return;
  state_ = JobState::kEnding;
  ending_since_ms_ = now_ms_;
  exit_ = Exit{code, std::move(message), false};
  KillAll();
}

void Supervisor::KillAll() {
  KillChild(writer_, false);
  for (Child& worker : workers_) KillChild(worker, false);
}

void Supervisor::KillChild(Child& child, bool hung) {
  if (child.state != ChildState::kRunning) return;
  child.state = ChildState::kKilled;
  child.killed_ms = now_ms_;
  child.was_hung = hung;
  actions_.emplace_back(Kill{child.slot});
}

bool Supervisor::AnyAlive() const { return IsAlive(writer_) || std::any_of(workers_.begin(), workers_.end(), IsAlive); }

// --- Hanging ----------------------------------------------------------------------------------------------

// Not while draining, whose own time limit is shorter.
void Supervisor::KillHungChildren(const SupervisorFacts& facts) {
  if (state_ != JobState::kStarting && state_ != JobState::kRunning) return;
  CheckHeartbeat(writer_, facts.writer,
                 facts.writer.in_transaction ? limits::kTransactionHeartbeatTimeoutMs : limits::kHeartbeatTimeoutMs);
  for (size_t s = 0; s < workers_.size(); ++s) {
    CheckHeartbeat(workers_[s], facts.workers[s], limits::kHeartbeatTimeoutMs);
  }
}

void Supervisor::CheckHeartbeat(Child& child, const ChildFacts& facts, int64_t limit_ms) {
  const int64_t alive_ms = std::max({child.started_ms, facts.heartbeat_ms, grace_from_ms_});
  if (now_ms_ - alive_ms > limit_ms) KillChild(child, true);
}

void Supervisor::CheckReaping() {
  if (state_ == JobState::kDraining || state_ == JobState::kEnding) return;
  const auto check = [this](const Child& child) {
    if (child.state != ChildState::kKilled) return;
    if (now_ms_ - std::max(child.killed_ms, grace_from_ms_) <= limits::kReapTimeoutMs) return;
    End(ExitCode::kTryAgain, ChildName(child.slot) + " was killed and does not die");
  };
  check(writer_);
  for (const Child& worker : workers_) check(worker);
}

}  // namespace headcount
