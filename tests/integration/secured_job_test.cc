// The whole job on a cluster with TLS, passwords and rights: it counts as it does elsewhere, with no more rights than
// config/README.md lists.
#include <gtest/gtest.h>

#include "tests/support/secured_broker.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};
const Arguments kTenSeconds = {"--window", "10s", "--idle-timeout", "1h", "--workers", "2"};

std::string Program() { return std::string(HEADCOUNT_BINARY_DIR) + "/headcount"; }

void ProduceSeconds(Job* job, int64_t from, int64_t to) {
  job->Produce(0, Seconds(kStart + from, kStart + to, 2, "a"));
  job->Produce(1, Seconds(kStart + from, kStart + to, 3, "b"));
}

class SecuredJob : public testing::Test {
 protected:
  static void Append(Arguments* words, const Arguments& more) { words->insert(words->end(), more.begin(), more.end()); }

  // With the rights of the list, through a kill.
  void ExpectExact(const std::string& listener, const Arguments& let_in) const {
    Arguments words = kTenSeconds;
    Append(&words, let_in);
    Job job(broker_.admin(), 2, words);
    job.UseAddress(broker_.Address(listener));
    broker_.Allow(RightsOfRun(job));

    ProduceSeconds(&job, 0, 40);
    job.Start();
    ASSERT_TRUE(job.HasClosed(kStart + 30));
    job.Kill();
    ProduceSeconds(&job, 40, 80);
    job.Start();
    ASSERT_TRUE(job.HasClosed(kStart + 70));
    EXPECT_EQ(Describe(*job.Drain()), "exit 0");
    job.ExpectExactInTheEnd(kRule);
  }

  const SecuredBroker broker_ = SecuredBroker::FromEnvironment();
};

TEST_F(SecuredJob, CountsThroughAKillWithACertificateAndTheRightsThatAreListed) {
  ExpectExact("MUTUAL", broker_.ByCertificate());
}

TEST_F(SecuredJob, CountsThroughAKillWithAPasswordAndTheRightsThatAreListed) {
  ExpectExact("PASSWORD", broker_.ByPlain());
}

// Read on the output topic, and no group at all.
TEST_F(SecuredJob, TailNeedsNothingButToReadTheOutput) {
  Job job(broker_.admin(), 2);
  ProduceSeconds(&job, 0, 130);
  job.RunUntilEnd();
  Arguments words = {"tail",        "-b",    broker_.Address("PASSWORD"), "--output-topic", job.output(),
                     "--until-end", "--json"};
  Append(&words, broker_.ByPlain());

  const Finished refused = RunToEnd(Program(), words);
  EXPECT_EQ(Describe(refused.status), "exit 78") << refused.err;
  EXPECT_NE(refused.err.find("ACL Read on Topic " + job.output() + " is missing"), std::string::npos) << refused.err;

  broker_.Allow({{"Read", "Topic", job.output()}});
  const Finished shown = RunToEnd(Program(), words);
  EXPECT_EQ(Describe(shown.status), "exit 0") << shown.err;
  std::string right;
  for (const std::string& record : RightRecords(job.logs())) right += record + "\n";
  EXPECT_EQ(shown.out, right);
}

}  // namespace
}  // namespace headcount::test
