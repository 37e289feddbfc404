// What the whole job publishes from a topic that holds every kind of damage, however many workers share the work.
#include <gtest/gtest.h>

#include <sstream>

#include "common/base/limits.h"
#include "tests/support/job_log.h"
#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

class JobCounts : public testing::TestWithParam<int> {
 protected:
  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_P(JobCounts, AHostileTopicGivesTheOraclesRecordsAndASecondStartAddsNothing) {
  Job job(broker_, 4, {"--workers", std::to_string(GetParam())});
  job.ProduceAll(HostileLogs(static_cast<uint64_t>(GetParam()), 20'000, 4, 10));
  const std::vector<std::string> right = RightRecords(job.logs());
  ASSERT_GE(right.size(), 10U);

  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), right);
  const std::vector<CommittedOffset> committed = job.Committed();
  for (size_t p = 0; p < committed.size(); ++p) {
    EXPECT_EQ(committed[p].offset, static_cast<int64_t>(job.logs()[p].size())) << "partition " << p;
  }

  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), right);
  const std::vector<CommittedOffset> again = job.Committed();
  ASSERT_EQ(again.size(), committed.size());
  for (size_t p = 0; p < again.size(); ++p) EXPECT_EQ(again[p].offset, committed[p].offset) << "partition " << p;
}

// When the writer had committed, by its own lines.
std::vector<int64_t> CommitTimes(const std::string& log) {
  std::vector<int64_t> times_ms;
  std::istringstream lines(log);
  for (std::string text; std::getline(lines, text);) {
    const std::optional<LogLine> line = ParseLogLine(text);
    if (line && line->BeginsWith("committed upto=")) times_ms.push_back(line->at_ms);
  }
  return times_ms;
}

TEST(JobBackfill, ManyMinutesShareATransactionAndOnlyTheLastOneIsNotWaitedFor) {
  const TestBroker broker = TestBroker::FromEnvironment();
  Job job(broker, 4, {"--workers", "2"});
  job.ProduceAll(HostileLogs(11, 30'000, 4, 600));
  job.RunUntilEnd({}, {{"HEADCOUNT_LOG_LEVEL", "debug"}});
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));

  const std::vector<int64_t> times_ms = CommitTimes(job.process().Err());
  ASSERT_FALSE(times_ms.empty());
  EXPECT_LT(times_ms.size(), 100U);
  // A line's time is cut to the millisecond.
  for (size_t i = 1; i + 1 < times_ms.size(); ++i) {
    EXPECT_GE(times_ms[i] - times_ms[i - 1], limits::kLingerMs - 1) << "transaction " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, JobCounts, testing::Values(1, 2, 3, 6), testing::PrintToStringParamName());

}  // namespace
}  // namespace headcount::test
