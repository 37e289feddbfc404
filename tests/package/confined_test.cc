// A job on Kafka under what config/systemd/headcount.service takes away from it.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/job_testing.h"
#include "tests/support/service_manager.h"

namespace headcount::test {
namespace {

const CountingRule kRule{10, 5, 5};

TEST(UnitFile, AJobOnKafkaThroughADeathAndAReloadNeedsNothingThatItTakesAway) {
  const TestBroker broker = TestBroker::FromEnvironment();
  Job job(broker, 4, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  job.ProduceAll(HostileLogs(7, 4'000, 4, 10));
  ServiceManager manager;
  Arguments words = {std::string(HEADCOUNT_SOURCE_DIR) + "/tests/package/under_unit.py",
                     std::string(HEADCOUNT_SOURCE_DIR) + "/config/systemd/headcount.service",
                     std::string(HEADCOUNT_BINARY_DIR) + "/headcount", "run"};
  for (const std::string& word : job.Words()) words.push_back(word);
  ChildOptions options;
  options.environment.push_back(manager.environment());
  ChildProcess confined("/usr/bin/python3", words, options);
  const bool ready = Eventually([&] { return manager.Count("READY=1") > 0 || !confined.IsRunning(); });
  if (!confined.IsRunning() && confined.Wait()->code == 77) GTEST_SKIP() << confined.Err();
  ASSERT_TRUE(ready && confined.IsRunning()) << confined.Err();

  confined.Signal(SIGHUP);
  EXPECT_TRUE(manager.WaitFor("RELOADING=1"));
  kill(job.WorkerPid(0), SIGKILL);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Worker(0, "restarts") == 1 && s.Worker(0, "pid") > 0; }));
  kill(job.WriterPid(), SIGKILL);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("writer.restarts") == 1 && s.ClosedUpto() > 0; }));
  confined.Signal(SIGTERM);
  EXPECT_EQ(Describe(confined.Wait().value_or(ExitStatus{})), "exit 0") << confined.Err();
  EXPECT_EQ(confined.Err().find("signal=31"), std::string::npos) << "SIGSYS: " << confined.Err();
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
