// The whole job while its broker cannot be reached, or only now and then: nothing is lost or doubled, a drain does not
// wait for it, and nobody gives up what a little patience mends. The longer ones are in
// tests/fault/broker_fault_test.cc.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/frozen.h"
#include "tests/support/job_testing.h"
#include "tests/support/tcp_proxy.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

const CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

class JobBroker : public testing::Test {
 protected:
  JobBroker() { job_.UseAddress(proxy_.address()); }

  // The n-th of so many equal parts of the logs.
  void ProducePart(size_t n, size_t parts) {
    for (size_t p = 0; p < logs_.size(); ++p) {
      const auto at = [&](size_t part) {
        return logs_[p].begin() + static_cast<std::ptrdiff_t>(logs_[p].size() * part / parts);
      };
      job_.Produce(static_cast<int32_t>(p), OracleLog(at(n), at(n + 1)));
    }
  }
  bool HasReadAll() const {
    int64_t all = 0;
    for (const OracleLog& log : job_.logs()) all += static_cast<int64_t>(log.size());
    return job_.Shows([all](const JobStatus& s) { return s.Reached() == all; });
  }
  // Drains it and expects the code within the time that is promised.
  void ExpectDrained() {
    const Clock::time_point asked = Clock::now();
    EXPECT_EQ(Describe(job_.Drain().value_or(ExitStatus{})), "exit 0");
    EXPECT_LT(Clock::now() - asked, seconds(10));
  }
  void ExpectExactInTheEnd() {
    proxy_.Become({});
    proxy_.ClearRules();
    job_.ExpectExactInTheEnd(kRule);
  }
  static Weather Blackhole() {
    Weather weather;
    weather.holds_requests = weather.holds_answers = true;
    return weather;
  }
  static Weather Refusing() {
    Weather weather;
    weather.refuses = true;
    return weather;
  }
  void Lose() {
    proxy_.Become(Refusing());
    proxy_.CutAll();
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  TcpProxy proxy_{broker_.bootstrap_server()};
  const std::vector<OracleLog> logs_ = HostileLogs(61, 12'000, 4, 12);
  Job job_{broker_, 4, kStreaming};
};

TEST_F(JobBroker, ConnectionsCutWhileFramesArriveChangeNothingAndKillNobody) {
  constexpr size_t kParts = 11;
  ProducePart(0, kParts);
  job_.Start();
  ASSERT_TRUE(job_.Shows([](const JobStatus& s) { return s.Text("state") == "running"; }));
  for (size_t part = 1; part < kParts; ++part) {
    ProducePart(part, kParts);
    // Never before something was read since the last cut.
    const uint64_t answers = proxy_.Answers(Api::kFetch);
    EXPECT_TRUE(Eventually([&] { return proxy_.Answers(Api::kFetch) >= answers + 4; }));
    proxy_.CutAll();
  }
  EXPECT_TRUE(HasReadAll());
  EXPECT_EQ(job_.Status()->Number("writer.restarts"), 0);
  EXPECT_EQ(job_.Status()->Worker(0, "restarts"), 0);
  ExpectDrained();
  ExpectExactInTheEnd();
}

TEST_F(JobBroker, ADrainDoesNotWaitForABrokerThatIsGone) {
  ProducePart(0, 2);
  job_.Start();
  ASSERT_TRUE(job_.Shows([](const JobStatus& s) { return s.Reached() > 0; }));
  Lose();
  ExpectDrained();
  ProducePart(1, 2);
  ExpectExactInTheEnd();
}

TEST_F(JobBroker, ADrainDoesNotWaitForABrokerThatSaysNothing) {
  ProducePart(0, 2);
  job_.Start();
  ASSERT_TRUE(job_.Shows([](const JobStatus& s) { return s.Reached() > 0; }));
  proxy_.Become(Blackhole());
  ExpectDrained();
  ProducePart(1, 2);
  ExpectExactInTheEnd();
}

TEST_F(JobBroker, ADrainDoesNotWaitForTheAnswerToACommitAndTheNextStartKnowsWhetherItHappened) {
  ProducePart(0, 2);
  job_.Start();
  // Not the claim, which is a transaction too.
  ASSERT_TRUE(job_.Shows([](const JobStatus& s) { return s.Text("state") == "running"; }));
  proxy_.On({Api::kEndTxn, Deed::kDropAnswer});
  ProducePart(1, 2);
  ASSERT_TRUE(Eventually([this] { return proxy_.Met() > 0; }));
  ExpectDrained();
  ExpectExactInTheEnd();
}

TEST_F(JobBroker, ADrainWithinATransactionCommitsIt) {
  for (const char* const point : {"writer.committing", "writer.offsets_sent"}) {
    ProducePart(point == std::string("writer.committing") ? 0 : 1, 2);
    job_.Start({}, {{"HEADCOUNT_STOP_POINT", point}});
    const pid_t writer = job_.WriterPid();
    // Let go whenever it stands: what comes after the first time is the end.
    ASSERT_TRUE(Eventually([&] { return IsStopped(writer); }));
    job_.process().Signal(SIGTERM);
    EXPECT_TRUE(job_.Shows([](const JobStatus& s) { return s.Text("state") == "draining"; }));
    const Clock::time_point asked = Clock::now();
    EXPECT_TRUE(Eventually([&] {
      if (IsStopped(writer)) kill(writer, SIGCONT);
      return !job_.process().IsRunning();
    }));
    EXPECT_EQ(Describe(job_.Wait().value_or(ExitStatus{})), "exit 0");
    EXPECT_LT(Clock::now() - asked, seconds(10));
  }
  ExpectExactInTheEnd();
}

TEST_F(JobBroker, AWriterThatDiesWhileTheBrokerIsAwayWaitsForItToComeBack) {
  ProducePart(0, 2);
  job_.Start();
  ASSERT_TRUE(HasReadAll());
  Lose();
  kill(job_.WriterPid(), SIGKILL);
  ASSERT_TRUE(job_.Shows([](const JobStatus& s) { return s.Number("writer.restarts") == 1; }));
  // It tries; a first start would have given up after ten seconds.
  EXPECT_FALSE(Eventually([this] { return !job_.process().IsRunning(); }, milliseconds(2'500)));
  ProducePart(1, 2);
  proxy_.Become({});
  EXPECT_TRUE(HasReadAll());
  EXPECT_EQ(job_.Status()->Number("writer.restarts"), 1);
  ExpectDrained();
  ExpectExactInTheEnd();
}

}  // namespace
}  // namespace headcount::test
