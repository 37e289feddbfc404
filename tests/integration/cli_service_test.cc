// A whole job under a service manager that listens (sd_notify): what it says from its start to its end, and when its
// watchdog is fed.
#include <csignal>
#include <string>
#include <vector>

#include "tests/integration/cli_testing.h"
#include "tests/support/frozen.h"
#include "tests/support/service_manager.h"

namespace headcount::test {
namespace {

using Messages = std::vector<std::string>;

class CliServiceTest : public CliTest {
 protected:
  // A job that reads what is fed to it.
  std::unique_ptr<ChildProcess> StartService(ServiceManager* manager, int64_t watchdog_ms = 0) {
    ChildOptions options;
    options.environment.push_back(manager->environment());
    if (watchdog_ms > 0) options.environment.emplace_back("WATCHDOG_USEC", std::to_string(watchdog_ms * 1000));
    WriteFile(dir_ / "conf", "log-file = log\n");
    auto job = Start("exec $headcount run --config conf --workers 1 --input - < feed", options);
    std::string text;
    for (int second = 0; second < 130; ++second) {
      text += "{\"ts\":" + std::to_string(1468244400 + second) + ",\"uid\":\"u\"}\n";
    }
    feed_.Write(text);
    return job;
  }
  std::string Log() const { return ReadFile(dir_ / "log"); }

  Feed feed_{dir_ / "feed"};
};

TEST_F(CliServiceTest, AJobIsReadyWhenItReadsAndTellsOfItsReloadAndOfItsEnd) {
  ServiceManager manager;
  const auto job = StartService(&manager);
  ASSERT_TRUE(manager.WaitFor("READY=1")) << Log();
  const Finished health = Headcount({"health", "--ready"});
  EXPECT_EQ(Describe(health.status), "exit 0") << "the same judgement, but: " << health.out;
  EXPECT_TRUE(manager.WaitFor("STATUS=running: ")) << Log();
  job->Signal(SIGHUP);
  ASSERT_TRUE(manager.WaitFor("RELOADING=1")) << Log();
  ASSERT_TRUE(manager.WaitFor("READY=1", 2)) << Log();
  EXPECT_NE(Log().find("configuration read again"), std::string::npos) << Log();

  job->Signal(SIGTERM);
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << Log();
  Messages steps = manager.Steps();
  ASSERT_EQ(steps.size(), 4U);
  steps[1] = steps[1].substr(0, steps[1].find('\n'));
  EXPECT_EQ(steps, (Messages{"READY=1", "RELOADING=1", "READY=1", "STOPPING=1"}));
  EXPECT_EQ(manager.Count("WATCHDOG=1"), 0U) << "nobody asked for it";
}

TEST_F(CliServiceTest, AJobThatIsDoneBeforeAnybodyLooksHasBeenReadyAllTheSame) {
  ServiceManager manager(ServiceManager::Name::kAbstract);
  ChildOptions options;
  options.environment.push_back(manager.environment());
  const auto files = WriteFiles({"{\"ts\":1468244400,\"uid\":\"u\"}\n"});
  const Finished run = Run(files, {}, options);
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(manager.Steps(), (Messages{"READY=1", "STOPPING=1"}));
  EXPECT_EQ(manager.Count("STATUS=done: "), 1U);
}

TEST_F(CliServiceTest, AJobThatFailsIsNeverReady) {
  ServiceManager manager;
  ChildOptions options;
  options.environment.push_back(manager.environment());
  const Finished run = Run({(dir_ / "missing").string()}, {}, options);
  EXPECT_EQ(Describe(run.status), "exit 78") << run.err;
  EXPECT_EQ(manager.Count("READY=1"), 0U);
}

// The supervisor deals with what hangs: systemd need not kill the whole for it. Here the end is its decision: a pipe
// cannot be read again.
TEST_F(CliServiceTest, TheWatchdogIsFedWhileAWorkerHangsUntilTheSupervisorHasKilledIt) {
  ServiceManager manager;
  constexpr int64_t kWatchdogMs = 1000;
  const auto job = StartService(&manager, kWatchdogMs);
  ASSERT_TRUE(manager.WaitFor("READY=1")) << Log();
  const size_t before = manager.Count("WATCHDOG=1");
  const auto worker = static_cast<pid_t>(PidOf(Status(), 0));
  ASSERT_GT(worker, 0);
  ASSERT_EQ(kill(worker, SIGSTOP), 0);
  EXPECT_TRUE(Eventually([&] { return Log().find("cause=heartbeat") != std::string::npos; })) << Log();
  // Ten seconds, with two meals each: a slow machine may leave out some, not most.
  EXPECT_GE(manager.Count("WATCHDOG=1"), before + 10) << Log();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 75") << Log();
  EXPECT_EQ(manager.Steps(), (Messages{"READY=1", "STOPPING=1"}));
}

TEST_F(CliServiceTest, TheWatchdogIsNotFedByACoordinatorThatIsStopped) {
  ServiceManager manager;
  const auto job = StartService(&manager, 200);
  ASSERT_TRUE(manager.WaitFor("WATCHDOG=1", 3)) << Log();
  const size_t fed = [&] {
    const Frozen frozen({job->pid()});
    const size_t so_far = manager.Count("WATCHDOG=1");
    // Who is stopped cannot speak, however long one waits; a child of it could, and this is ten of its meals.
    EXPECT_FALSE(Eventually([&] { return manager.Count("WATCHDOG=1") > so_far; }, std::chrono::seconds(1)));
    return so_far;
  }();
  EXPECT_TRUE(manager.WaitFor("WATCHDOG=1", fed + 2)) << "it goes on where it was";
  feed_.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << Log();
}

}  // namespace
}  // namespace headcount::test
