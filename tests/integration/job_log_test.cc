// The log of a whole job on Kafka through everything that can befall it, as programs read it: `--log-format ecs`.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/ecs_lines.h"
#include "tests/support/job_testing.h"
#include "tests/support/tcp_proxy.h"

namespace headcount::test {
namespace {

const CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h", "--log-format", "ecs"};

bool HasAction(const std::string& log, const std::string& action) {
  return log.find("\"action\":\"" + action + "\"") != std::string::npos;
}

TEST(JobLog, ThroughDeathsInvalidFramesAndABrokerThatGoesAwayEveryLineIsMappedJson) {
  const TestBroker broker = TestBroker::FromEnvironment();
  TcpProxy proxy(broker.bootstrap_server());
  Job job(broker, 4, kStreaming);
  job.UseAddress(proxy.address());
  const std::vector<OracleLog> logs = HostileLogs(62, 8'000, 4, 8);
  job.ProduceAll(logs);
  job.Start({}, {{"HEADCOUNT_LOG_LEVEL", "debug"}});
  int64_t all = 0;
  for (const OracleLog& log : logs) all += static_cast<int64_t>(log.size());
  const auto has_read_all = [all](const JobStatus& s) { return s.Reached() == all; };
  ASSERT_TRUE(job.Shows(has_read_all));

  kill(job.WorkerPid(0), SIGKILL);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Worker(0, "restarts") == 1; }));
  Weather refusing;
  refusing.refuses = true;
  proxy.Become(refusing);
  proxy.CutAll();
  // librdkafka says so itself.
  ASSERT_TRUE(Eventually([&job] { return HasAction(job.process().Err(), "client.warning"); }));
  kill(job.WriterPid(), SIGKILL);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("writer.restarts") == 1; }));
  proxy.Become({});
  ASSERT_TRUE(job.Shows(has_read_all));
  EXPECT_EQ(Describe(job.Drain().value_or(ExitStatus{})), "exit 0");

  const std::string log = job.process().Err();
  const EcsTemplate mapped(std::string(HEADCOUNT_SOURCE_DIR) + "/config/elastic/component-template.json");
  EXPECT_EQ(mapped.WrongWithLog(log), "");
  for (const char* action :
       {"claim.made", "reading.begun", "frame.invalid", "worker.died", "writer.died", "client.warning", "window.sealed",
        "transaction.committed", "job.draining", "worker.ended"}) {
    EXPECT_TRUE(HasAction(log, action)) << action << " is not in the log";
  }
  EXPECT_NE(log.find("\"topic\":\"" + job.input() + "\""), std::string::npos);
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
