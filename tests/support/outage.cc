#include "tests/support/outage.h"

#include <gtest/gtest.h>

#include "tests/support/frozen.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kStep{250};
constexpr int kFramesAStep = 25;
constexpr uint64_t kUsers = 500;

}  // namespace

void Producers::Send(const std::vector<int32_t>& partitions) {
  for (const int32_t p : partitions) partitions_[p].sends = true;
}

void Producers::Keep(const std::vector<int32_t>& partitions) {
  for (const int32_t p : partitions) partitions_[p].sends = false;
}

void Producers::Live(milliseconds duration) {
  LiveUntil([] { return false; }, duration);
}

bool Producers::LiveUntil(const std::function<bool()>& it_is_so, milliseconds timeout) {
  const Clock::time_point end = Clock::now() + timeout;
  while (!it_is_so()) {
    if (Clock::now() >= end) return false;
    Step();
  }
  return true;
}

void Producers::Step() {
  const Clock::time_point next = Clock::now() + kStep;
  for (auto& [p, partition] : partitions_) {
    for (int i = 0; i < kFramesAStep; ++i) {
      const std::string user = std::to_string(partition.made++ % kUsers) + " of " + std::to_string(p);
      partition.kept.push_back(Frame(NowS(), user));
    }
    if (!partition.sends) continue;
    job_.Produce(p, partition.kept);
    partition.kept.clear();
  }
  Last(std::chrono::duration_cast<milliseconds>(next - Clock::now()));
}

bool HasReadAll(const Job& job) {
  int64_t all = 0;
  for (const OracleLog& log : job.logs()) all += static_cast<int64_t>(log.size());
  return job.Shows([all](const JobStatus& s) { return s.Reached() == all; }, seconds(60));
}

AfterOutage LiveThroughOutage(OwnBroker* own, const Outage& outage) {
  const TestBroker broker(own->address());
  // Short windows, so that one is about to be closed whenever the broker goes away.
  Job job(broker, 3, {"--window", "5s"});
  Producers producers(&job);
  producers.Send({0, 1});
  job.Start();
  producers.Live(seconds(8));
  EXPECT_TRUE(HasReadAll(job));
  own->Kill();
  producers.Keep({0, 1});
  producers.Live(outage.away);
  own->Start();
  producers.Live(outage.producers_wait);
  producers.Send({0, 1});
  producers.Live(seconds(8));
  return EndAfterOutage(&job);
}

AfterOutage EndAfterOutage(Job* job) {
  EXPECT_TRUE(HasReadAll(*job));
  AfterOutage after;
  after.late = job->Status()->Number("totals.late");
  EXPECT_EQ(Describe(job->Drain().value_or(ExitStatus{})), "exit 0");
  job->RunUntilEnd({"--publish-open"});
  after.published = job->Published();
  after.right = RightRecords(job->logs(), CountingRule{5, 5, 5});
  return after;
}

}  // namespace headcount::test
