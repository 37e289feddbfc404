// The supervisor in a world where everything dies, hangs and grows at random: what must never happen does not,
// and the job always ends once it is asked to.
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <random>

#include "common/base/limits.h"
#include "coordinator/job/supervisor.h"

namespace headcount {
namespace {

class World {
 public:
  World(uint32_t seed, int32_t workers) : random_(seed), supervisor_(workers), plan_(workers) {
    facts_.workers.resize(static_cast<size_t>(workers));
    alive_.resize(static_cast<size_t>(workers));
    generations_.resize(static_cast<size_t>(workers));
  }

  // Steps until the job has ended or `steps` are over.
  void Live(int steps, double death_rate) {
    for (int i = 0; i < steps && !ended_; ++i) {
      now_ms_ += Chance(0.01) ? 5000 : std::uniform_int_distribution<int64_t>(1, 900)(random_);
      Happen(death_rate);
      facts_.jitter = std::uniform_real_distribution<double>(0, 1)(random_);
      const std::vector<Action> actions = supervisor_.Step(now_ms_, facts_);
      facts_.writer.death.reset();
      for (WorkerFacts& worker : facts_.workers) worker.death.reset();
      for (const Action& action : actions) std::visit([this](const auto& a) { Do(a); }, action);
    }
  }
  void AskToStop() { facts_.stop_signals = 1; }

  bool ended() const { return ended_; }
  ExitCode exit_code() const { return exit_code_; }
  int64_t now_ms() const { return now_ms_; }
  int worker_starts() const { return worker_starts_; }
  int resets() const { return resets_; }

 private:
  enum class Life { kNone, kRunning, kHanging, kDying };

  bool Chance(double p) { return std::uniform_real_distribution<double>(0, 1)(random_) < p; }

  Death RandomDeath() {
    constexpr int kSignals[] = {SIGKILL, SIGSEGV, SIGABRT, SIGBUS};
    if (Chance(0.3)) return Death{Death::Kind::kExited, 70, 1};
    return Death{Death::Kind::kSignaled, kSignals[std::uniform_int_distribution<size_t>(0, 3)(random_)], 1};
  }

  void Happen(double death_rate) {
    Happen(&writer_alive_, &facts_.writer, death_rate / 4);
    if (writer_alive_ == Life::kRunning && Chance(0.5)) {
      const auto next = std::min<int>(static_cast<int>(facts_.writer.phase) + 1, static_cast<int>(WriterPhase::kReady));
      facts_.writer.phase = static_cast<WriterPhase>(next);
      if (facts_.partition_count == 0 || Chance(0.01)) facts_.partition_count += 1;
    }
    for (size_t s = 0; s < alive_.size(); ++s) {
      Happen(&alive_[s], &facts_.workers[s], death_rate);
      if (writer_alive_ == Life::kRunning && Chance(0.5)) facts_.workers[s].writer_acknowledged = stored_generation_[s];
      facts_.workers[s].mark.reset();
      if (Chance(0.5)) facts_.workers[s].mark = FrameMark{PartitionId(static_cast<int32_t>(s)), Offset(1)};
    }
  }

  void Happen(Life* life, ChildFacts* facts, double death_rate) {
    if (*life == Life::kRunning) {
      facts->heartbeat_ms = now_ms_;
      if (Chance(0.9)) facts->reached += 1;
      if (Chance(death_rate / 4)) *life = Life::kHanging;
    }
    if (*life == Life::kNone) return;
    if (*life == Life::kDying) {
      if (Chance(0.7)) Die(life, facts, Death{Death::Kind::kSignaled, SIGKILL, 1});
    } else if (Chance(death_rate)) {
      Die(life, facts, RandomDeath());
    }
  }

  void Die(Life* life, ChildFacts* facts, Death death) {
    *life = Life::kNone;
    facts->death = death;
  }

  bool AnyAlive() const {
    for (const Life life : alive_) {
      if (life != Life::kNone) return true;
    }
    return writer_alive_ != Life::kNone;
  }

  void Do(const StartWriter& start) {
    EXPECT_FALSE(AnyAlive());
    EXPECT_GT(start.generation, writer_generation_);
    writer_generation_ = start.generation;
    writer_alive_ = Life::kRunning;
  }
  void Do(const StartWorker& start) {
    const auto s = static_cast<size_t>(start.slot.value());
    EXPECT_TRUE(writer_alive_ == Life::kRunning || writer_alive_ == Life::kHanging);
    EXPECT_TRUE(facts_.writer.phase == WriterPhase::kPartitionsKnown || facts_.writer.phase == WriterPhase::kReady);
    EXPECT_EQ(alive_[s], Life::kNone);
    EXPECT_GT(start.generation, generations_[s]) << "no two lives have the same generation";
    EXPECT_TRUE(plan_.IsNeeded(start.slot, facts_.partition_count));
    EXPECT_EQ(facts_.stop_signals, 0);
    EXPECT_TRUE(raised_.count(s) == 0 || facts_.workers[s].writer_acknowledged >= start.generation);
    raised_.erase(s);
    generations_[s] = stored_generation_[s] = start.generation;
    alive_[s] = Life::kRunning;
    facts_.workers[s] = WorkerFacts{};
    ++worker_starts_;
  }
  void Do(const Kill& kill) {
    Life* life = kill.slot ? &alive_[static_cast<size_t>(kill.slot->value())] : &writer_alive_;
    EXPECT_NE(*life, Life::kNone) << "somebody else may have this pid by now";
    *life = Life::kDying;
  }
  void Do(const RaiseGeneration& raise) {
    const auto s = static_cast<size_t>(raise.slot.value());
    EXPECT_EQ(alive_[s], Life::kNone);
    EXPECT_GT(raise.generation, stored_generation_[s]);
    stored_generation_[s] = raise.generation;
    raised_[s] = raise.generation;
  }
  void Do(const ResetSharedMemory&) {
    EXPECT_FALSE(AnyAlive());
    facts_.writer = WriterFacts{};
    facts_.workers.assign(facts_.workers.size(), WorkerFacts{});
    facts_.partition_count = 0;
    raised_.clear();
    ++resets_;
  }
  void Do(const BeginDrain&) { EXPECT_EQ(facts_.stop_signals, 1); }
  void Do(const LogDeath& death) { EXPECT_FALSE(Text(death.obituary).empty()); }
  void Do(const Exit& exit) {
    EXPECT_FALSE(ended_);
    ended_ = true;
    exit_code_ = exit.code;
  }

  std::mt19937 random_;
  Supervisor supervisor_;
  PartitionPlan plan_;
  SupervisorFacts facts_;
  int64_t now_ms_ = 1'000'000;
  Life writer_alive_ = Life::kNone;
  std::vector<Life> alive_;
  Generation writer_generation_;
  std::vector<Generation> generations_;             // of the last life
  std::map<size_t, Generation> stored_generation_;  // in shared memory
  std::map<size_t, Generation> raised_;
  bool ended_ = false;
  ExitCode exit_code_ = ExitCode::kDone;
  int worker_starts_ = 0;
  int resets_ = 0;
};

TEST(SupervisorInARandomWorld, KeepsItsPromisesAndRestartsWhoeverDies) {
  int starts = 0;
  int resets = 0;
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, 1 + static_cast<int32_t>(seed % 5));
    world.Live(2000, 0.01);
    starts += world.worker_starts();
    resets += world.resets();
    if (HasFailure()) return;
  }
  EXPECT_GT(starts, 3000);
  EXPECT_GT(resets, 300);
}

TEST(SupervisorInARandomWorld, EndsWithinTenSecondsOfASignal) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, 1 + static_cast<int32_t>(seed % 5));
    world.Live(100 + static_cast<int>(seed % 50), 0.01);
    if (world.ended()) continue;
    world.AskToStop();
    const int64_t asked_ms = world.now_ms();
    world.Live(1000, 0.01);
    ASSERT_TRUE(world.ended());
    EXPECT_EQ(world.exit_code(), ExitCode::kDone);
    // A coordinator that is itself stopped for a while cannot look at the time.
    EXPECT_LE(world.now_ms() - asked_ms, 10'000 + 2 * 5000);
    if (HasFailure()) return;
  }
}

TEST(SupervisorInARandomWorld, GivesUpWhereNothingEverGetsDone) {
  for (uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, 2);
    world.Live(20'000, 0.95);
    ASSERT_TRUE(world.ended());
    EXPECT_EQ(world.exit_code(), ExitCode::kTryAgain);
  }
}

}  // namespace
}  // namespace headcount
