// What a running job does about SIGHUP and SIGUSR1, and about its log file.
#include <sys/stat.h>

#include <csignal>
#include <regex>

#include "tests/integration/cli_testing.h"
#include "tests/support/ecs_lines.h"
#include "tests/support/terminal.h"

namespace headcount::test {
namespace {

class CliSignalsTest : public CliTest {
 protected:
  // A job that reads what is fed to it, with a config file beside it.
  std::unique_ptr<ChildProcess> StartWithConfig(const std::string& config, const std::string& words = "") {
    WriteFile(dir_ / "conf", config);
    auto job = Start("exec $headcount run --config conf --workers 1 " + words + " --input - < feed");
    feed_.Write(Minutes(0, 3));
    return job;
  }
  // Each with thirty frames; from the second on the one before is closed.
  static std::string Minutes(int first, int count) {
    std::string text;
    for (int frame = first * 30; frame < (first + count) * 30; ++frame) {
      text += "{\"ts\":" + std::to_string(1468244400 + frame * 2) + ",\"uid\":\"u\"}\n";
    }
    return text;
  }
  std::string Log() const { return ReadFile(dir_ / "log"); }
  bool LogHas(const std::string& part) const {
    return Eventually([&] { return Log().find(part) != std::string::npos; });
  }
  bool HasPublished(size_t minutes) const {
    return WaitForStatus([&](const JsonValue& status) {
      return NumberAt(status, {"totals", "minutes_published"}) >= int64_t(minutes);
    });
  }
  void ExpectEnds(ChildProcess* job) {
    feed_.Close();
    EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err() << Log();
  }

  Feed feed_{dir_ / "feed"};
};

TEST_F(CliSignalsTest, ASighupOpensTheLogFileAnewForAllProcessesAndTakesTheLogLevel) {
  const auto job = StartWithConfig("log-file = log\n");
  ASSERT_TRUE(HasPublished(1)) << Log();
  EXPECT_TRUE(LogHas("claimed run="));
  EXPECT_EQ(Log().find("sealed"), std::string::npos) << Log();

  std::filesystem::rename(dir_ / "log", dir_ / "log.1");
  WriteFile(dir_ / "conf", "log-file = log\nlog-level = debug\n");
  job->Signal(SIGHUP);
  ASSERT_TRUE(LogHas("coordinator configuration read again: log-level is debug"));
  const std::string old = ReadFile(dir_ / "log.1");
  feed_.Write(Minutes(3, 3));
  EXPECT_TRUE(LogHas("worker-0 sealed")) << Log();
  EXPECT_TRUE(LogHas("writer united")) << Log();
  ExpectEnds(job.get());
  EXPECT_EQ(ReadFile(dir_ / "log.1"), old);
  EXPECT_EQ(job->Err(), "");
}

TEST_F(CliSignalsTest, ASighupNamesTheChangesThatNeedARestartAndTheJobGoesOnAsItWas) {
  const auto job = StartWithConfig("log-file = log\n");
  ASSERT_TRUE(HasPublished(1)) << Log();
  WriteFile(dir_ / "conf", "log-file = log\nwindow = 2m\nmax-hold = 1h\n");
  job->Signal(SIGHUP);
  EXPECT_TRUE(LogHas("window stays 1m: 2m needs a restart")) << Log();
  EXPECT_TRUE(LogHas("max-hold stays off: 1h needs a restart")) << Log();

  WriteFile(dir_ / "conf", "log-file = log\nwindow = two\n");
  job->Signal(SIGHUP);
  EXPECT_TRUE(LogHas("what cannot be taken anew is left as it was, and the job goes on: conf:2: window \"two\""))
      << Log();

  // Nobody writes into it: to read it would be to wait for ever.
  std::filesystem::remove(dir_ / "conf");
  ASSERT_EQ(mkfifo((dir_ / "conf").c_str(), 0600), 0);
  job->Signal(SIGHUP);
  EXPECT_TRUE(LogHas("it is no regular file")) << Log();
  feed_.Write(Minutes(3, 3));
  ExpectEnds(job.get());
  EXPECT_EQ(LinesIn(job->Out()), 6U) << job->Out();
}

TEST_F(CliSignalsTest, ASigusr1LogsTheWholeStateWhateverTheLevelIs) {
  const auto job = StartWithConfig("log-file = log\nlog-level = error\n");
  ASSERT_TRUE(HasPublished(1)) << Log();
  EXPECT_EQ(Log(), "");
  job->Signal(SIGUSR1);
  EXPECT_TRUE(LogHas("partition 0: worker=0")) << Log();
  const std::regex state(
      R"(coordinator running, closed up to \S+, [12] minutes published; records=90 events=\d+ late=0 )"
      R"(invalid=0 future=0 lag=0 restarts=0 memory=)");
  EXPECT_TRUE(std::regex_search(Log(), state)) << Log();
  EXPECT_TRUE(LogHas("writer: pid=" + std::to_string(NumberAt(Status(), {"writer", "pid"})))) << Log();
  EXPECT_TRUE(LogHas("worker 0: pid=" + std::to_string(PidOf(Status(), 0)))) << Log();
  // As where a service manager signals all processes of the unit: to the others it means nothing.
  const int64_t worker = PidOf(Status(), 0);
  const int64_t writer = NumberAt(Status(), {"writer", "pid"});
  for (const int64_t pid : {worker, writer}) kill(static_cast<pid_t>(pid), SIGUSR1);
  feed_.Write(Minutes(3, 3));
  ASSERT_TRUE(HasPublished(5)) << Log();
  EXPECT_EQ(PidOf(Status(), 0), worker);
  EXPECT_EQ(NumberAt(Status(), {"writer", "pid"}), writer);
  ExpectEnds(job.get());
}

TEST_F(CliSignalsTest, WhatSignalsMakeItSayIsMappedJsonToo) {
  const auto job = StartWithConfig("log-file = log\nlog-format = ecs\n");
  ASSERT_TRUE(HasPublished(1)) << Log();
  WriteFile(dir_ / "conf", "log-file = log\nlog-format = ecs\nwindow = 2m\n");
  job->Signal(SIGUSR1);
  job->Signal(SIGHUP);
  for (const char* action : {"job.state", "writer.state", "worker.state", "partition.state", "config.refused"}) {
    EXPECT_TRUE(LogHas("\"action\":\"" + std::string(action) + "\"")) << action << " is not in: " << Log();
  }
  ExpectEnds(job.get());
  EXPECT_EQ(
      EcsTemplate(std::string(HEADCOUNT_SOURCE_DIR) + "/config/elastic/component-template.json").WrongWithLog(Log()),
      "");
}

TEST_F(CliSignalsTest, AJobWhoseTerminalHasGoneFinishesAndEnds) {
  Terminal terminal(80);
  WriteFile(dir_ / "conf", "");
  const auto job = Start("exec $headcount run --workers 1 --log-file log --input - < feed 2> " + terminal.name());
  feed_.Write(Minutes(0, 3));
  ASSERT_TRUE(HasPublished(1)) << Log();
  terminal.HangUp();
  job->Signal(SIGHUP);
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << Log();
  EXPECT_TRUE(LogHas("draining")) << Log();
}

TEST_F(CliSignalsTest, ALogFileThatCannotBeOpenedEndsTheStartAndAFailureIsSaidOnStderrToo) {
  WriteFiles({Minutes(0, 3)});
  const Finished no_folder = Run({"in-0.jsonl"}, {"--log-file", "missing/log"});
  EXPECT_EQ(Describe(no_folder.status), "exit 78");
  EXPECT_NE(no_folder.err.find("log file \"missing/log\" cannot be opened: No such file or directory"),
            std::string::npos)
      << no_folder.err;
  EXPECT_EQ(LinesIn(no_folder.err), 1U) << no_folder.err;

  const Finished no_input = Run({"missing.jsonl"}, {"--log-file", "log"});
  EXPECT_EQ(Describe(no_input.status), "exit 78");
  EXPECT_NE(no_input.err.find("missing.jsonl"), std::string::npos) << no_input.err;
  EXPECT_TRUE(LogHas("missing.jsonl")) << Log();
}

TEST_F(CliSignalsTest, TheSupervisorPassesASighupOnAndEndsNothing) {
  WriteFile(dir_ / "conf", "log-file = log\n");
  const auto supervisor =
      Start("HEADCOUNT_BIN=$headcount exec bash " + Quoted(HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh") +
            " --config conf --workers 1 --input feed");
  feed_.Write(Minutes(0, 3));
  ASSERT_TRUE(HasPublished(1)) << Log();
  for (int i = 0; i < 2; ++i) {
    const size_t before = Log().size();
    supervisor->Signal(SIGHUP);
    EXPECT_TRUE(Eventually([&] { return Log().find("read again", before) != std::string::npos; })) << Log();
  }
  ExpectEnds(supervisor.get());
}

}  // namespace
}  // namespace headcount::test
