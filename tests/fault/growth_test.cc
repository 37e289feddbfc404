// A topic that grows from two partitions over five to eight, while the job runs and while it is down, and somebody is
// killed at every step.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "tests/fault/fault_table.h"
#include "tests/support/arrivals.h"
#include "tests/support/job_testing.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// Pieces end five seconds after the boundary of a window: when all of one is read, the job stands at that boundary.
constexpr int64_t kStart = 1468244405;
constexpr int64_t kSliceS = 10;
constexpr int64_t kSlices = 4;
constexpr int32_t kWorkers = 3;
constexpr CountingRule kRule{10, 5, 5};

class Growing {
 public:
  Growing(const TestBroker& broker, uint64_t seed)
      : random_(seed),
        job_(broker, 2, {"--workers", std::to_string(kWorkers), "--window", "10s", "--idle-timeout", "1h"}),
        births_(2, 0) {}

  // Not with a topic that is proven empty: then the wall clock decides, and frames of years ago are late.
  void Start() {
    Arrivals arrivals(random_.Next(), 2, now_s_, 80);
    job_.ProduceAll(arrivals.NextAndMark(kSliceS));
    now_s_ = arrivals.now_s();
    job_.Start();
    StandsAtBoundary();
  }

  // Frames arrive in all partitions, while somebody is killed again and again; until all is read.
  void Feed() {
    Arrivals arrivals(random_.Next(), static_cast<int32_t>(births_.size()), now_s_, 80);
    for (int64_t slice = 0; slice < kSlices; ++slice) {
      const std::vector<OracleLog> logs = slice + 1 < kSlices ? arrivals.Next(kSliceS) : arrivals.NextAndMark(kSliceS);
      for (size_t p = 0; p < logs.size(); ++p) {
        if (p == 1) KillSomebody();
        job_.Produce(static_cast<int32_t>(p), logs[p]);
      }
    }
    now_s_ = arrivals.now_s();
    StandsAtBoundary();
  }

  void GrowWhileItRuns(int32_t partitions) {
    job_.Grow(partitions);
    const Clock::time_point grown = Clock::now();
    ProduceInNewOnes(partitions);
    EXPECT_TRUE(
        Eventually([&] { return job_.process().Err().find("the topic has grown from ") != std::string::npos; }));
    EXPECT_LT(Clock::now() - grown, seconds(5));
    KillSomebody();
    ExpectReadBy(partitions);
  }

  void GrowWhileItIsDown(int32_t partitions) {
    job_.Kill();
    job_.Grow(partitions);
    ProduceInNewOnes(partitions);
    job_.Start();
    KillSomebody();
    ExpectReadBy(partitions);
  }

  // The rest is published; all minutes are compared.
  void Finish(FaultRow* row) {
    EXPECT_EQ(Describe(job_.Drain().value_or(ExitStatus{})), "exit 0");
    job_.RunUntilEnd();
    std::vector<OraclePartition> partitions;
    std::vector<const OraclePartition*> all;
    for (size_t p = 0; p < births_.size(); ++p) partitions.push_back(Judged(p));
    for (OraclePartition& partition : partitions) {
      partition.End(NowS());
      all.push_back(&partition);
    }
    const std::vector<std::string> published = job_.Published();
    const MinuteErrors errors = Compare(published, RecordsOf(OracleUnion(all), kRule));
    row->times += deeds_;
    row->minutes += published.size();
    row->errors.lost += errors.lost;
    row->errors.doubled += errors.doubled;
    row->errors.differing += errors.differing;
  }

 private:
  int64_t boundary_s() const { return now_s_ - 5; }

  // Each begins with what is late, as its minutes are out, and goes on with what is not.
  void ProduceInNewOnes(int32_t partitions) {
    ++deeds_;
    for (int32_t p = static_cast<int32_t>(births_.size()); p < partitions; ++p) {
      births_.push_back(boundary_s());
      job_.Produce(p, Seconds(now_s_ - 15, now_s_, 2, "new-" + std::to_string(p) + "-"));
    }
  }

  void KillSomebody() {
    ++deeds_;
    ASSERT_TRUE(job_.Shows([](const JobStatus& s) {
      return s.Text("state") == "running" && s.Number("writer.pid") > 0 && s.Worker(0, "pid") > 0 &&
             s.Worker(1, "pid") > 0;
    }));
    const std::optional<JobStatus> status = job_.Status();
    switch (random_.Below(4)) {
      case 0:
        job_.Kill();
        job_.Start();
        return;
      case 1: kill(static_cast<pid_t>(status->Number("writer.pid")), SIGKILL); break;
      default: {
        const auto slot = static_cast<int32_t>(random_.Below(kWorkers));
        const int64_t pid = status->Worker(slot, "pid");
        if (pid > 0) kill(static_cast<pid_t>(pid), SIGKILL);
      }
    }
  }

  void ExpectReadBy(int32_t partitions) const {
    EXPECT_TRUE(job_.Shows([partitions](const JobStatus& s) {
      if (s.Text("state") != "running" || s.Count("partitions") != static_cast<size_t>(partitions)) return false;
      for (int32_t slot = 0; slot < kWorkers; ++slot) {
        if (s.Worker(slot, "pid") == 0) return false;
      }
      return s.Partition(partitions - 1, "position") > 0;
    }));
  }

  // Every worker has sealed up to one boundary, and all that is closed: so it is known what new partitions begin with.
  void StandsAtBoundary() const {
    EXPECT_TRUE(job_.Shows(
        [this](const JobStatus& s) { return s.Text("state") == "running" && s.ClosedUpto() == boundary_s(); },
        seconds(60)));
    for (size_t p = 0; p < births_.size(); ++p) {
      const int64_t sealable_s = (*Judged(p).watermark() - kRule.lateness_s) / kRule.window_s * kRule.window_s;
      ASSERT_EQ(sealable_s, boundary_s()) << "the frames of partition " << p << " do not end where this test wants";
    }
  }

  OraclePartition Judged(size_t p) const {
    OraclePartition partition(kRule);
    if (births_[p] > 0) partition.RaiseClock(births_[p]);
    for (const auto& value : job_.logs()[p]) partition.Record(value);
    return partition;
  }

  Random random_;
  Job job_;
  std::vector<int64_t> births_;  // by partition: what was closed when it was added; 0: nothing
  int64_t now_s_ = kStart;
  uint64_t deeds_ = 0;  // growths and kills
};

TEST(GrowthFault, FromTwoPartitionsToEightWithDeathsEveryMinuteIsRight) {
  const TestBroker broker = TestBroker::FromEnvironment();
  FaultRow row{"topic grown 2 -> 5 -> 8, with kills", 0, 0, {}, {}};
  for (const uint64_t seed : {201U, 202U}) {
    SCOPED_TRACE(seed);
    Growing job(broker, seed);
    job.Start();
    job.Feed();
    if (seed % 2 == 1) {
      job.GrowWhileItRuns(5);
      job.Feed();
      job.GrowWhileItIsDown(8);
    } else {
      job.GrowWhileItIsDown(5);
      job.Feed();
      job.GrowWhileItRuns(8);
    }
    job.Feed();
    job.Finish(&row);
  }
  Report(row);
}

}  // namespace
}  // namespace headcount::test
