// A whole job's exchange in one process, step by step in thousands of random orders, with deaths between any two steps
// and at the crash points within them. After every step and at every crash point, whatever any view shows is compared
// with a plain model (exchange_model.h). What two processors make of one step is for the tests beside this one that
// have real processes and threads.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <set>

#include "common/log/crash_point.h"
#include "tests/shm/exchange_actors.h"

namespace headcount::test {
namespace {

constexpr int kWildSteps = 300;   // with deaths, growth and drains
constexpr int kCalmSteps = 5000;  // without: far more than any job needs to end

struct Killed {};  // a worker, at a crash point

// The coordinator and the scheduler: who takes the next step, and who dies before it.
class Schedule {
 public:
  explicit Schedule(uint64_t seed)
      : rng_(Random::Mix(seed)),
        world_(seed, static_cast<int32_t>(1 + rng_.Below(3)), 1 + rng_.Below(4)),
        writer_(std::make_unique<ModelledWriter>(&world_)),
        workers_(world_.plain.slots.size()) {}

  // Throws the first difference.
  void Run() {
    for (int step = 0; step < kWildSteps; ++step) Step(true);
    wild_ = false;
    int steps = 0;
    while (world_.stored.closed < World::kWindows || !writer_->done()) {
      Expect(++steps < kCalmSteps, "the job does not come to its end");
      Step(false);
    }
    CheckRecords();
  }

  // Within a worker's step. What a claim is about may be stored by now, but nobody must see it.
  void AtCrashPoint() {
    Check();
    if (wild_ && rng_.Chance(0.05)) throw Killed();
  }

  uint64_t deaths() const { return deaths_; }

 private:
  void Step(bool wild) {
    const bool has_ended = writer_->done() && world_.plain.draining;
    if (has_ended || (wild && rng_.Chance(0.003))) {  // or as when the writer dies, wherever it stands
      Restart();
    } else if (wild && rng_.Chance(0.002)) {
      shm::CoordinatorView(&world_.memory).Drain();
      world_.plain.draining = true;
    } else if (rng_.Chance(0.35)) {
      writer_->Step(wild && !world_.plain.draining);
    } else {
      StepSlot(rng_.Below(workers_.size()), wild);
    }
    Check();
  }

  void Check() const {
    world_.plain.Compare(world_.memory);
    writer_->CheckUnconfirmed();
  }

  // The life of a slot: forked, dead, raised, acknowledged by the writer, forked again.
  void StepSlot(size_t s, bool wild) {
    PlainSlot& slot = world_.plain.slots[s];
    if (workers_[s]) {
      if (StepWorker(s, wild)) return;
      workers_[s].reset();
      ++deaths_;
      is_raised_[s] = false;
    } else if (!is_raised_[s]) {
      if (slot.raised == 0 && s >= world_.plain.partitions.size()) return;  // nothing to read yet
      is_raised_[s] = true;
      shm::CoordinatorView(&world_.memory).RaiseGeneration(SlotId(static_cast<int32_t>(s)), Generation(++slot.raised));
      if (slot.raised == 1) Fork(s);  // nobody can hold anything of a life that never was
    } else if (shm::CoordinatorView(&world_.memory).Slot(SlotId(static_cast<int32_t>(s))).acknowledged ==
               Generation(slot.raised)) {
      Fork(s);
    }
  }

  // Whether it lives on.
  bool StepWorker(size_t s, bool wild) {
    if (wild && rng_.Chance(0.03)) return false;
    try {
      workers_[s]->Step();
      return true;
    } catch (const Killed&) {
      return false;
    }
  }

  void Fork(size_t s) { workers_[s] = std::make_unique<ModelledWorker>(&world_, s, world_.plain.slots[s].raised); }

  void Restart() {
    ++deaths_;
    for (auto& worker : workers_) worker.reset();
    is_raised_.fill(false);
    writer_.reset();
    world_.ResetMemory();
    writer_ = std::make_unique<ModelledWriter>(&world_);
  }

  void CheckRecords() const {
    const auto partitions = static_cast<int32_t>(world_.stored.points.size());
    for (int64_t n = 0; n < World::kWindows; ++n) {
      std::set<uint64_t> users;
      VerdictCounts counts;
      for (int32_t p = 0; p < partitions; ++p) {
        if (!world_.Has(p, n)) continue;
        for (const uint64_t user : world_.content.Users(p, n)) users.insert(user);
        counts += world_.content.Counts(p, n);
      }
      const auto record = world_.stored.records.find(n);
      Expect((record == world_.stored.records.end()) == counts.empty(), "whether a window is published", n);
      if (counts.empty()) continue;
      Expect(record->second.unique_users == users.size(), "the users of a record", n);
      Expect(record->second.counts == counts, "the counts of a record", n);
    }
  }

  Random rng_;
  World world_;
  std::unique_ptr<ModelledWriter> writer_;
  std::vector<std::unique_ptr<ModelledWorker>> workers_;
  std::array<bool, 3> is_raised_{};  // by slot: since its last worker died
  bool wild_ = true;
  uint64_t deaths_ = 0;
};

Schedule* g_schedule = nullptr;  // whose crash points are passed

class ExchangeModel : public testing::Test {
 protected:
#ifdef HEADCOUNT_CRASH_POINTS
  ExchangeModel() {
    HookCrashPoints([](const char*) { g_schedule->AtCrashPoint(); });
  }
  ~ExchangeModel() override { HookCrashPoints(nullptr); }
#endif
};

TEST_F(ExchangeModel, ShowsEverybodyWhatThePlainModelSaysWhateverTheOrderAndWhoeverDies) {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  // Two thousand orders, but on a slow machine or under a sanitizer no more than there is time for.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  uint64_t orders = 0;
  uint64_t deaths = 0;
  for (; orders < 2'000 && (orders < 50 || std::chrono::steady_clock::now() < deadline); ++orders) {
    Schedule schedule(seed + orders);
    g_schedule = &schedule;
    try {
      schedule.Run();
    } catch (const Difference& difference) {
      FAIL() << difference.what() << " (seed " << seed + orders << ")";
    }
    deaths += schedule.deaths();
  }
  EXPECT_GT(deaths, orders);
}

}  // namespace
}  // namespace headcount::test
