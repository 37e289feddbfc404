// Workers and a writer as real processes at full speed, left alone and killed again and again.
#include "tests/shm/exchange.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <functional>
#include <map>
#include <optional>
#include <random>

#include "common/shm/coordinator_view.h"
#include "coordinator/job/child_process.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

constexpr uint64_t kSliceBytes = uint64_t{1} << 20;

// The coordinator of the miniature: forks, kills, reaps, raises generations. Children that are left are killed.
class Job {
 public:
  explicit Job(const Model& model)
      : model_(model), memory_(shm::JobMemory::Create(model.slots(), kSliceBytes).value()), view_(&memory_) {
    for (int32_t s = 0; s < model.slots(); ++s) view_.RaiseGeneration(SlotId(s), Generation(1));
    writer_ = Fork("writer", [this] { return RunModelWriter(&memory_, model_); });
    for (int32_t s = 0; s < model.slots(); ++s) StartWorker(SlotId(s), Generation(1));
  }
  ~Job() {
    for (const auto& [slot, pid] : workers_) Kill(pid);
    if (writer_ > 0) Kill(writer_);
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void KillWorker(SlotId slot) {
    Kill(workers_[slot]);
    workers_.erase(slot);
  }
  void StartWorker(SlotId slot, Generation generation) {
    workers_[slot] =
        Fork("worker", [this, slot, generation] { return RunModelWorker(&memory_, model_, slot, generation); });
  }
  // The writer's exit code once it has ended; also when it died while we waited for something else.
  std::optional<int> WriterEnded(bool wait) {
    if (writer_ > 0) {
      int status = 0;
      if (waitpid(writer_, &status, wait ? 0 : WNOHANG) == 0) return std::nullopt;
      writer_ = 0;
      writer_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    return writer_code_;
  }
  // False: the writer ended first.
  bool WaitUntil(const std::function<bool()>& condition) {
    while (!condition()) {
      if (WriterEnded(false)) return false;
      sched_yield();
    }
    return true;
  }

  shm::CoordinatorView& view() { return view_; }
  const shm::SlotData& slot(SlotId slot) const { return memory_.slot(slot); }

 private:
  static pid_t Fork(const char* role, const std::function<int()>& body) {
    const Result<pid_t> pid = ForkChild(role, {}, getpid(), body);
    EXPECT_TRUE(pid.ok());
    return pid.ok() ? *pid : 0;
  }
  static void Kill(pid_t pid) {
    KillChild(pid);
    waitpid(pid, nullptr, 0);
  }

  const Model model_;
  const shm::JobMemory memory_;
  shm::CoordinatorView view_;
  pid_t writer_ = 0;
  int writer_code_ = 0;
  std::map<SlotId, pid_t> workers_;
};

TEST(Exchange, HandsOverThousandsOfPublicationsWholeWhileItsMemoryIsUsedAgainAndAgain) {
  const Model model(/*seed=*/11, /*windows=*/4'000, /*slots=*/2);
  Job job(model);
  EXPECT_EQ(job.WriterEnded(true), 0) << "seed " << model.seed();
  for (int32_t s = 0; s < model.slots(); ++s) {
    EXPECT_GE(job.slot(SlotId(s)).worker_hand_off_done.load(), static_cast<uint64_t>(model.windows()));
  }
  EXPECT_EQ(job.view().Writer().closed_frontier, Model::Window(model.windows()));
}

TEST(Exchange, StaysRightHoweverOftenAWorkerIsKilled) {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Random random(seed);
  const Model model(seed, /*windows=*/1'500, /*slots=*/2);
  Job job(model);
  std::map<SlotId, uint64_t> generations{{SlotId(0), 1}, {SlotId(1), 1}};
  int kills = 0;
  while (kills < 150 && !job.WriterEnded(false)) {
    const SlotId slot(static_cast<int32_t>(random.Below(2)));
    uint64_t& generation = generations[slot];
    const shm::SlotData& data = job.slot(slot);
    // It must be there and have got something done, or the job would never end.
    const uint64_t hand_offs = 1 + random.Below(12);
    const auto ready = [&] {
      return data.worker_generation.load() == generation &&
             (data.worker_hand_off_done.load() >= hand_offs ||
              data.worker_sealed_frontier.load() >= 60 * model.windows());
    };
    if (!job.WaitUntil(ready)) break;
    // The moment of death: anywhere between two publications, or within one.
    for (volatile uint64_t spin = random.Below(30'000); spin > 0; spin = spin - 1) {
    }
    job.KillWorker(slot);
    job.view().RaiseGeneration(slot, Generation(++generation));
    if (!job.WaitUntil([&] { return job.view().Slot(slot).acknowledged == Generation(generation); })) break;
    job.StartWorker(slot, Generation(generation));
    ++kills;
  }
  EXPECT_EQ(job.WriterEnded(true), 0) << "seed " << seed;
  EXPECT_EQ(job.view().Writer().closed_frontier, Model::Window(model.windows()));
  EXPECT_GT(kills, 20) << "seed " << seed;
}

}  // namespace
}  // namespace headcount::test
