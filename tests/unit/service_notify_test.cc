// What a service manager is told, and when; on a socket of the test's own.
#include "coordinator/job/service_notify.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "tests/support/service_manager.h"

namespace headcount {
namespace {

using test::ServiceManager;
using Messages = std::vector<std::string>;

StatusReport ReportOf(const std::string& state) {
  StatusReport report;
  report.state = state;
  report.workers.resize(1);
  report.workers[0].pid = 1;
  report.workers[0].partitions = {0};
  report.partitions.resize(1);
  report.partitions[0].state = state == "starting" ? "unknown" : "reading";
  report.partitions[0].lag = 1234;
  return report;
}

TEST(ServiceNotify, SaysNothingWhereNobodyWantsToHear) {
  ServiceNotify service({"", 1'000'000});
  service.Show(ReportOf("running"), 0);
  service.Turn(0, true);
  service.Stopping();
  ServiceNotify of_no_manager({"relative/path", 0});
  of_no_manager.Show(ReportOf("running"), 0);
  of_no_manager.Stopping();
}

TEST(ServiceNotify, IsReadyOnceWhenHealthSaysSoAndSpeaksToBothKindsOfSockets) {
  for (const auto name : {ServiceManager::Name::kPath, ServiceManager::Name::kAbstract}) {
    ServiceManager manager(name);
    ServiceNotify service({manager.address(), 0});
    service.Show(ReportOf("starting"), 0);
    EXPECT_EQ(manager.Steps(), Messages{});
    service.Show(ReportOf("running"), 1000);
    service.Show(ReportOf("starting"), 2000);
    service.Show(ReportOf("running"), 3000);
    EXPECT_EQ(manager.Steps(), Messages{"READY=1"}) << manager.address();
  }
}

TEST(ServiceNotify, ALineForPeopleComesWithEachStateAndElseFromTimeToTimeIfItIsNew) {
  ServiceManager manager;
  ServiceNotify service({manager.address(), 0});
  service.Show(ReportOf("starting"), 0);
  EXPECT_EQ(manager.Messages(),
            Messages{"STATUS=starting: no minute published yet, lag 1,234, 1 partitions, 1 workers"});
  StatusReport report = ReportOf("running");
  service.Show(report, 1);
  EXPECT_EQ(manager.Count("STATUS=running: "), 1U);
  report.has_closed_frontier = true;
  report.closed_frontier = 1468244400;
  report.partitions[0].lag = -1;
  service.Show(report, limits::kServiceStatusEveryMs);
  EXPECT_EQ(manager.Count("STATUS="), 2U);
  service.Show(report, 1 + limits::kServiceStatusEveryMs);
  EXPECT_EQ(manager.Messages().back(),
            "STATUS=running: published up to 2016-07-11T13:40:00Z, lag unknown, 1 partitions, 1 workers");
  service.Show(report, 1 + 2 * limits::kServiceStatusEveryMs);
  EXPECT_EQ(manager.Count("STATUS="), 3U) << "nothing new";
}

TEST(ServiceNotify, AReloadHasABeginningWithItsTimeAndAnEndAndIsPassedOverBeforeItIsReady) {
  ServiceManager manager;
  ServiceNotify service({manager.address(), 0});
  service.Reloading();
  service.Reloaded();
  EXPECT_EQ(manager.Messages(), Messages{});
  service.Show(ReportOf("running"), 0);
  service.Reloading();
  service.Reloaded();
  const Messages steps = manager.Steps();
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0], "READY=1");
  EXPECT_EQ(steps[1].rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0U) << steps[1];
  EXPECT_EQ(steps[2], "READY=1");
}

TEST(ServiceNotify, StoppingIsSaidOnceAndNothingElseAfterIt) {
  ServiceManager manager;
  ServiceNotify service({manager.address(), 0});
  service.Stopping();
  service.Stopping();
  service.Show(ReportOf("running"), 0);
  service.Reloading();
  service.Reloaded();
  EXPECT_EQ(manager.Steps(), Messages{"STOPPING=1"});
}

TEST(ServiceNotify, TheWatchdogIsFedMoreThanTwiceInItsTimeWhileAllIsWell) {
  ServiceManager manager;
  constexpr int64_t kWatchdogMs = 3000;
  ServiceNotify service({manager.address(), kWatchdogMs * 1000});
  int64_t last_ms = 0;
  size_t fed = 0;
  for (int64_t now_ms = 0; now_ms <= 10 * kWatchdogMs; now_ms += limits::kCoordinatorWaitMs) {
    service.Turn(now_ms, true);
    if (manager.Count("WATCHDOG=1") == fed) continue;
    EXPECT_LE(now_ms - last_ms, kWatchdogMs / 2);
    last_ms = now_ms;
    ++fed;
  }
  EXPECT_GE(fed, 20U);
  EXPECT_LE(fed, 30U);
  service.Turn(last_ms + 10 * kWatchdogMs, false);
  EXPECT_EQ(manager.Count("WATCHDOG=1"), fed);
  service.Turn(last_ms + 10 * kWatchdogMs, true);
  EXPECT_EQ(manager.Count("WATCHDOG=1"), fed + 1);
  ServiceNotify unwatched({manager.address(), 0});
  unwatched.Turn(0, true);
  EXPECT_EQ(manager.Count("WATCHDOG=1"), fed + 1);
}

TEST(ServiceNotify, AManagerThatDoesNotReadHoldsNothingUpAndHearsTheWholeStoryLater) {
  ServiceManager manager;
  ServiceNotify service({manager.address(), 1000});
  service.Show(ReportOf("running"), 0);
  // Far more than any queue of datagrams takes.
  for (int64_t turn = 0; turn < 10'000; ++turn) {
    service.Turn(turn * 1000, true);
    service.Reloading();
    service.Reloaded();
  }
  service.Stopping();
  EXPECT_EQ(manager.Messages().at(0), "READY=1");
  EXPECT_LT(manager.Messages().size(), 10'000U);
  service.Turn(1, true);
  const Messages steps = manager.Steps();
  EXPECT_EQ(steps.back(), "STOPPING=1");
  for (size_t step = 1; step + 1 < steps.size(); ++step) {
    EXPECT_EQ(steps[step].substr(0, 7), step % 2 == 1 ? "RELOADI" : "READY=1") << step;
  }
  EXPECT_EQ(steps.size() % 2, 0U) << "the last reload has an end as well";
}

TEST(ServiceNotify, AManagerThatHasGoneChangesNothing) {
  std::string address;
  {
    ServiceManager manager;
    address = manager.address();
  }
  ServiceNotify service({address, 1000});
  service.Show(ReportOf("running"), 0);
  service.Turn(0, true);
  service.Stopping();
}

TEST(ServiceNotify, WhatTheManagerSaysIsTakenOutOfTheEnvironment) {
  setenv("NOTIFY_SOCKET", "/run/notify", 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const ServiceNotify::Wish wish = ServiceNotify::TakeFromEnvironment();
  EXPECT_EQ(wish.socket, "/run/notify");
  EXPECT_EQ(wish.watchdog_us, 30'000'000);
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) EXPECT_EQ(getenv(name), nullptr) << name;
  EXPECT_EQ(ServiceNotify::TakeFromEnvironment().socket, "");

  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getppid()).c_str(), 1);
  EXPECT_EQ(ServiceNotify::TakeFromEnvironment().watchdog_us, 0) << "another process is watched";
  for (const char* wrong : {"", "soon", "-1", "99999999999999999999", "5s"}) {
    setenv("WATCHDOG_USEC", wrong, 1);
    EXPECT_EQ(ServiceNotify::TakeFromEnvironment().watchdog_us, 0) << wrong;
  }
}

}  // namespace
}  // namespace headcount
