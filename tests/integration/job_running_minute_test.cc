// --until-end on a topic that is still written to: the minute that is not over by the wall clock stays open for the
// next start, which counts all of it; --publish-open publishes it as it is.
#include <gtest/gtest.h>

#include "tests/support/job_testing.h"
#include "tests/support/wall_clock_file.h"

namespace headcount::test {
namespace {

constexpr int64_t kMinute = 1468244400;

class JobRunningMinute : public testing::Test {
 protected:
  void SetUp() override {
#ifndef HEADCOUNT_CRASH_POINTS
    GTEST_SKIP() << "built without test clocks";
#endif
    job_.Produce(0, Seconds(kMinute, kMinute + 100, 2, "a"));
    job_.Produce(1, Seconds(kMinute, kMinute + 80, 2, "b"));
    clock_.StandsAt(kMinute + 100);
  }

  Finished RunUntilEnd(const Arguments& more = {}) {
    Arguments words = {"--until-end"};
    words.insert(words.end(), more.begin(), more.end());
    return job_.Run(words, {clock_.environment()});
  }
  std::vector<std::string> RightBefore(int64_t boundary_s) const {
    std::vector<std::string> right = RightRecords(job_.logs());
    while (!right.empty() && WindowOf(right.back()) >= boundary_s) right.pop_back();
    return right;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  WallClockFile clock_;
  Job job_{broker_, 2, {"--workers", "2"}};
};

TEST_F(JobRunningMinute, StaysOpenForTheNextStartAndTheLogSaysSo) {
  const Finished first = RunUntilEnd();
  EXPECT_EQ(Describe(first.status), "exit 0");
  EXPECT_EQ(job_.Published(), RightBefore(kMinute + 60));
  EXPECT_NE(first.err.find("from 2016-07-11T13:41:00Z on was not over"), std::string::npos) << first.err;
  EXPECT_NE(first.err.find("--publish-open"), std::string::npos) << first.err;
  EXPECT_EQ(Describe(RunUntilEnd().status), "exit 0");
  EXPECT_EQ(job_.Published().size(), 1U) << "as often as it is started";

  job_.Produce(0, Seconds(kMinute + 100, kMinute + 130, 2, "c"));
  job_.Produce(1, Seconds(kMinute + 80, kMinute + 130, 2, "d"));
  clock_.StandsAt(kMinute + 124);
  RunUntilEnd();
  EXPECT_EQ(job_.Published().size(), 1U) << "its lateness is not over";
  clock_.StandsAt(kMinute + 125);
  EXPECT_EQ(Describe(RunUntilEnd().status), "exit 0");
  EXPECT_EQ(job_.Published(), RightBefore(kMinute + 120));
  EXPECT_EQ(job_.Published().size(), 2U);
  EXPECT_EQ(FieldOf(job_.Published()[1], "late"), 0);
}

TEST_F(JobRunningMinute, IsPublishedWithPublishOpenAndWhatComesOfItLaterIsLate) {
  EXPECT_EQ(Describe(RunUntilEnd({"--publish-open"}).status), "exit 0");
  EXPECT_EQ(job_.Published(), RightRecords(job_.logs()));
  ASSERT_EQ(job_.Published().size(), 2U);
  job_.Produce(0, Seconds(kMinute + 100, kMinute + 110, 2, "c"));
  job_.Produce(0, Seconds(kMinute + 120, kMinute + 130, 2, "c"));
  clock_.StandsAt(kMinute + 185);
  EXPECT_EQ(Describe(RunUntilEnd().status), "exit 0");
  ASSERT_EQ(job_.Published().size(), 3U);
  EXPECT_EQ(FieldOf(job_.Published()[2], "late"), 20);
}

TEST_F(JobRunningMinute, IsAnsweredForByEitherOptionAndNotByBoth) {
  const Finished both = RunUntilEnd({"--publish-open", "--leave-open"});
  EXPECT_EQ(Describe(both.status), "exit 64");
  EXPECT_NE(both.err.find("--publish-open"), std::string::npos) << both.err;
}

}  // namespace
}  // namespace headcount::test
