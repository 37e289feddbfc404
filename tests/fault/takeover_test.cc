// Headcounts of one group that are started on several hosts at once, again and again: one is left each time, all others
// say that they were thrown out, and never do two publish.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/fault/fault_table.h"
#include "tests/support/arrivals.h"
#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/peer.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244405;
constexpr CountingRule kRule{10, 5, 5};

// Where one of each race stands still for a while.
constexpr const char* kStopPoints[] = {"writer.claiming",       "writer.offsets_sent", "writer.records_produced*2",
                                       "writer.offsets_sent*2", "writer.committed*2",  "writer.telling"};

class Race {
 public:
  Race(const TestBroker& broker, uint64_t seed)
      : random_(seed),
        job_(broker, 4, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h"}),
        arrivals_(seed, 4, kStart, 40) {
    Feed();
  }

  void Start(int racers) {
    const int slow = static_cast<int>(random_.Below(static_cast<uint64_t>(racers)));
    stopped_ = job_.File("stopped-" + std::to_string(hosts_));
    for (int i = 0; i < racers; ++i) {
      const auto under = random_.Chance(0.5) ? Peer::Under::kSupervisor : Peer::Under::kNobody;
      Environment environment;
      if (i == slow) {
        environment = {{"HEADCOUNT_STOP_POINT", random_.Pick(kStopPoints)}, {"HEADCOUNT_STOP_ONCE", stopped_.string()}};
      }
      living_.push_back(std::make_unique<Peer>(job_, ++hosts_, under, environment));
      if (i == slow) slow_ = living_.back().get();
    }
    wake_at_ = Clock::now() + milliseconds(random_.Between(500, 4'000));
  }

  // Frames arrive until there is nobody but one who could publish them.
  void UntilOneIsLeft() {
    const Clock::time_point deadline = Clock::now() + seconds(90);
    while (living_.size() > 1) {
      ASSERT_LT(Clock::now(), deadline) << living_.size() << " are left";
      Feed();
      if (slow_ != nullptr && Clock::now() > wake_at_) WakeTheSlowOne();
      const auto gone = [this](const std::unique_ptr<Peer>& peer) { return HasGivenWay(peer.get()); };
      living_.erase(std::remove_if(living_.begin(), living_.end(), gone), living_.end());
    }
    ASSERT_EQ(living_.size(), 1U);
  }

  void Finish() {
    const std::unique_ptr<Peer> last = std::move(living_.front());
    EXPECT_TRUE(last->HasClosed(arrivals_.now_s() - 30));
    EXPECT_EQ(Describe(last->Drain().value_or(ExitStatus{})), "exit 0");
    job_.RunUntilEnd();
    const std::vector<std::string> published = job_.Published();
    Report({"taken over by another headcount",
            thrown_out_,
            published.size(),
            Compare(published, RightRecords(job_.logs(), kRule)),
            {}});
  }

 private:
  void Feed() {
    job_.ProduceAll(arrivals_.NextAndMark(10));
    Last(milliseconds(100));
  }

  // Once it stands still, or has ended before it came there.
  void WakeTheSlowOne() {
    for (const pid_t pid : slow_->Family()) {
      if (IsStopped(pid)) kill(pid, SIGCONT);
    }
    if (exists(stopped_)) slow_ = nullptr;
  }

  bool HasGivenWay(Peer* peer) {
    if (peer->process().IsRunning()) return false;
    EXPECT_EQ(Describe(peer->process().Wait().value_or(ExitStatus{})), "exit 78");
    EXPECT_TRUE(peer->Says("another headcount took over group " + job_.group() + " (run "));
    if (peer == slow_) slow_ = nullptr;
    ++thrown_out_;
    return true;
  }

  Random random_;
  Job job_;
  Arrivals arrivals_;
  std::vector<std::unique_ptr<Peer>> living_;
  int hosts_ = 0;
  Peer* slow_ = nullptr;  // one of the living
  std::filesystem::path stopped_;
  Clock::time_point wake_at_;
  uint64_t thrown_out_ = 0;
};

TEST(TakeoverFault, OfManyThatStartAtOnceOneIsLeftAndEveryMinuteIsRight) {
  const TestBroker broker = TestBroker::FromEnvironment();
  constexpr uint64_t kSeed = 301;
  SCOPED_TRACE(kSeed);
  Race race(broker, kSeed);
  for (int round = 0; round < 8 && !testing::Test::HasFailure(); ++round) {
    race.Start(4);
    race.UntilOneIsLeft();
  }
  race.Finish();
}

// The other one waits ten seconds, which a drain takes at most; so it must have waited before.
TEST(TakeoverFault, WhoHasWaitedTenSecondsIsRefusedThoughTheFirstIsBeingDrained) {
  const TestBroker broker = TestBroker::FromEnvironment();
  Job job(broker, 2, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  job.ProduceAll(Arrivals(302, 2, kStart, 30).NextAndMark(40));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  const Frozen frozen({job.WriterPid()});
  Peer second(job, 0);
  Last(seconds(6));
  job.process().Signal(SIGTERM);
  EXPECT_EQ(Describe(second.process().Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_TRUE(job.process().IsRunning());
  EXPECT_EQ(job.Status()->Text("state"), "draining");
  EXPECT_TRUE(second.Says("another headcount (pid " + std::to_string(job.process().pid()) + ")"));
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
