#include "tests/support/outage.h"

#include <gtest/gtest.h>

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int32_t kFed = 2;
constexpr milliseconds kStep{250};
constexpr int kFramesAStep = 25;

class Producers {
 public:
  explicit Producers(Job* job) : job_(*job) {}

  // Frames for so long, which are sent at once, or kept.
  void Live(milliseconds duration, bool can_send) {
    for (const Clock::time_point end = Clock::now() + duration; Clock::now() < end;) {
      const Clock::time_point next = Clock::now() + kStep;
      for (OracleLog& log : kept_) {
        for (int i = 0; i < kFramesAStep; ++i) log.push_back(Frame(NowS(), "u" + std::to_string(made_++ % 500)));
      }
      if (can_send) Send();
      Eventually([next] { return Clock::now() >= next; }, kStep);
    }
  }
  void Send() {
    for (size_t p = 0; p < kept_.size(); ++p) {
      job_.Produce(static_cast<int32_t>(p), kept_[p]);
      kept_[p].clear();
    }
  }

 private:
  Job& job_;
  std::vector<OracleLog> kept_{kFed};
  uint64_t made_ = 0;
};

bool HasReadAll(const Job& job) {
  int64_t all = 0;
  for (const OracleLog& log : job.logs()) all += static_cast<int64_t>(log.size());
  return job.Shows([all](const JobStatus& s) { return s.Reached() == all; }, seconds(60));
}

}  // namespace

AfterOutage LiveThroughOutage(OwnBroker* own, const Outage& outage) {
  const TestBroker broker(own->address());
  // Short windows, so that one is about to be closed whenever the broker goes away.
  Job job(broker, kFed + 1, {"--window", "5s"});
  Producers producers(&job);
  job.Start();
  producers.Live(seconds(8), true);
  EXPECT_TRUE(HasReadAll(job));
  own->Kill();
  producers.Live(outage.away, false);
  own->Start();
  producers.Live(outage.producers_wait, false);
  producers.Send();
  producers.Live(seconds(8), true);
  EXPECT_TRUE(HasReadAll(job));
  AfterOutage after;
  after.late = job.Status()->Number("totals.late");
  EXPECT_EQ(Describe(job.Drain().value_or(ExitStatus{})), "exit 0");
  job.RunUntilEnd({"--publish-open"});
  after.published = job.Published();
  after.right = RightRecords(job.logs(), CountingRule{5, 5, 5});
  return after;
}

}  // namespace headcount::test
