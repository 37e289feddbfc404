// A job that cannot commit: whoever asks whether it is ready is told so, and told again when it can.
#include <gtest/gtest.h>

#include "common/base/limits.h"
#include "tests/support/job_testing.h"
#include "tests/support/tcp_proxy.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

class JobStuck : public testing::Test {
 protected:
  Finished Ready(const Job& job) const {
    return RunToEnd(HEADCOUNT_BINARY_DIR "/headcount",
                    {"health", "--ready", "--status-file", job.status_file().string()});
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  TcpProxy proxy_{broker_.bootstrap_server()};
};

TEST_F(JobStuck, IsNotReadyAfterHalfAMinuteAndIsAgainOnceItHasCommitted) {
  Job job(broker_, 1, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h"});
  job.UseAddress(proxy_.address());
  job.Produce(0, Seconds(kStart, kStart + 20, 3, "a"));
  job.Start();
  ASSERT_TRUE(job.Publishes(1));
  ASSERT_TRUE(Eventually([&] { return Describe(Ready(job).status) == "exit 0"; }));
  // Every commit is lost on its way.
  proxy_.On({Api::kEndTxn, Deed::kDropRequest});
  job.Produce(0, Seconds(kStart + 20, kStart + 40, 3, "a"));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("writer.committing_ms") >= limits::kCommitStuckMs; },
                        seconds(60)));
  const Finished stuck = Ready(job);
  EXPECT_EQ(Describe(stuck.status), "exit 1");
  EXPECT_NE(stuck.out.find("could not be committed for"), std::string::npos) << stuck.out;
  proxy_.ClearRules();
  ASSERT_TRUE(job.HasClosed(kStart + 30, seconds(60)));
  EXPECT_TRUE(Eventually([&] { return Describe(Ready(job).status) == "exit 0"; }));
  EXPECT_EQ(job.Status()->Number("writer.restarts"), 0);
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
