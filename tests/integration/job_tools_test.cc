// What Kafka's own tools show of a job, as a person types them: the lag of its group, and what a reset does while it
// runs. Resets while it is stopped are in job_resets_test.cc.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

struct Lag {
  int64_t committed = -1;
  int64_t end = -1;
  int64_t lag = -1;
};

class JobTools : public testing::Test {
 protected:
  Finished Tool(const Job& job, const Arguments& words) const {
    Arguments all = {std::string(HEADCOUNT_SOURCE_DIR) + "/scripts/kafka.sh",
                     "tool",
                     "ConsumerGroupCommand",
                     "--bootstrap-server",
                     broker_.bootstrap_server(),
                     "--group",
                     job.group()};
    all.insert(all.end(), words.begin(), words.end());
    return RunToEnd("bash", all);
  }
  // The table of --describe, by partition: GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG ...
  std::vector<Lag> Described(const Job& job) const {
    const Finished described = Tool(job, {"--describe"});
    EXPECT_EQ(Describe(described.status), "exit 0") << described.err;
    EXPECT_NE((described.out + described.err).find("has no active members"), std::string::npos) << described.out;
    std::vector<Lag> lags(job.logs().size());
    std::istringstream lines(described.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream text(line);
      std::string group;
      std::string topic;
      size_t partition = 0;
      Lag lag;
      const bool is_row = static_cast<bool>(text >> group >> topic >> partition >> lag.committed >> lag.end >> lag.lag);
      if (is_row && group == job.group() && topic == job.input()) lags.at(partition) = lag;
    }
    return lags;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobTools, ShowNoLagOfWhatIsCountedToItsEnd) {
  Job job(broker_, 2);
  job.Produce(0, Seconds(kStart, kStart + 130, 2, "a"));
  job.Produce(1, Seconds(kStart, kStart + 90, 1, "b"));
  job.RunUntilEnd();
  const std::vector<Lag> lags = Described(job);
  EXPECT_EQ(lags.at(0).committed, 260);
  EXPECT_EQ(lags.at(1).committed, 90);
  for (const Lag& lag : lags) EXPECT_EQ(lag.lag, 0) << lag.committed << " of " << lag.end;
}

// Three frames a second, in windows of ten seconds, published five seconds after their end.
TEST_F(JobTools, ShowTheOpenWindowsAsLagWhileItRunsAndAResetThenIsSetRight) {
  Job job(broker_, 2, {"--window", "10s", "--idle-timeout", "1h", "--workers", "2"});
  for (int32_t p = 0; p < 2; ++p) job.Produce(p, Seconds(kStart, kStart + 58, 3, "a"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 50));
  for (const Lag& lag : Described(job)) {
    EXPECT_EQ(lag.end, 58 * 3);
    EXPECT_EQ(lag.lag, 8 * 3) << "more or less than what is in the open window";
  }

  // The tool does it, as the group has no members.
  const Finished reset = Tool(job, {"--topic", job.input(), "--reset-offsets", "--shift-by", "-100", "--execute"});
  ASSERT_EQ(Describe(reset.status), "exit 0") << reset.err;
  const auto is_ours = [&] {
    for (const CommittedOffset& point : job.Committed()) {
      if (point.offset != 50 * 3 || point.metadata.empty()) return false;
    }
    return true;
  };
  EXPECT_TRUE(Eventually(is_ours)) << "the reset still stands";
  for (int32_t p = 0; p < 2; ++p) job.Produce(p, Seconds(kStart + 58, kStart + 80, 3, "b"));
  ASSERT_TRUE(job.HasClosed(kStart + 70));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
