// The whole job where user and password are checked by SCRAM. On Kafka 3.9 where librdkafka is older than 2.6.1: it
// does not get into Kafka 4 that way (secured_errors_test.cc shows what is said there).
#include <gtest/gtest.h>

#include "tests/support/secured_broker.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;

class ScramJob : public testing::Test {
 protected:
  static void ProduceSeconds(Job* job, int64_t from, int64_t to) {
    job->Produce(0, Seconds(kStart + from, kStart + to, 2, "a"));
    job->Produce(1, Seconds(kStart + from, kStart + to, 3, "b"));
  }

  const SecuredBroker broker_ = SecuredBroker::FromEnvironment();
};

TEST_F(ScramJob, CountsWithSha256AndGoesOnLater) {
  Job job(broker_.admin(), 2, broker_.ByScram("SCRAM-SHA-256"));
  job.UseAddress(broker_.Address("PASSWORD"));
  broker_.Allow(RightsOfRun(job));
  ProduceSeconds(&job, 0, 130);
  job.RunUntilEnd();
  ProduceSeconds(&job, 180, 250);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(ScramJob, AllThatLetsItInComesFromAFileAndThePasswordFromAnother) {
  Job job(broker_.admin(), 2, {"--config", "secured.conf"});
  WriteFile(job.File("password"), std::string(SecuredBroker::kScramSecret) + "\n");
  WriteFile(job.File("secured.conf"),
            "bootstrap-server = " + broker_.Address("PASSWORD") + "\ngroup = " + job.group() +
                "\ninput-topic = " + job.input() + "\noutput-topic = " + job.output() +
                "\nX.security.protocol = sasl_ssl\nX.ssl.ca.location = " + broker_.Tls("ca.pem") +
                "\nX.sasl.mechanism = SCRAM-SHA-512\nX.sasl.username = counter\n"
                "X.sasl.password_file = " +
                job.File("password").string() + "\nX.broker.address.family = v4\n");
  job.UseAddress(broker_.Address("PASSWORD"));
  broker_.Allow(RightsOfRun(job));
  ProduceSeconds(&job, 0, 130);

  const std::string program = std::string(HEADCOUNT_BINARY_DIR) + "/headcount";
  const std::string config = job.File("secured.conf").string();
  const Finished checked = RunToEnd(program, {"run", "--check-config", "--ready", "--config", config});
  EXPECT_EQ(checked.out, "ok\n") << checked.err;
  const Finished shown = RunToEnd(program, {"run", "--print-config", "--config", config});
  EXPECT_EQ(Describe(shown.status), "exit 0") << shown.err;
  EXPECT_EQ(shown.out.find(SecuredBroker::kScramSecret), std::string::npos) << shown.out;

  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

}  // namespace
}  // namespace headcount::test
