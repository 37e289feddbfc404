// What the whole job publishes from a topic that holds every kind of damage, however many workers share the work.
#include <gtest/gtest.h>

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

INSTANTIATE_TEST_SUITE_P(Workers, JobCounts, testing::Values(1, 2, 3, 6), testing::PrintToStringParamName());

}  // namespace
}  // namespace headcount::test
