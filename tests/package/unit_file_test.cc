// config/systemd/headcount.service, as systemd's own tools see it, and against what scripts/supervise.sh does.
#include <csignal>
#include <cstdlib>
#include <regex>
#include <string>

#include "tests/integration/cli_testing.h"
#include "tests/support/service_manager.h"

namespace headcount::test {
namespace {

const std::string kUnit = std::string(HEADCOUNT_SOURCE_DIR) + "/config/systemd/headcount.service";

class UnitFileTest : public CliTest {
 protected:
  void SetUp() override {
    if (Shell("command -v systemd-analyze").out.empty()) GTEST_SKIP() << "systemd-analyze is missing";
  }
  // All values of a setting, one a line.
  static std::string Setting(const std::string& name) {
    std::string values;
    const std::string unit = ReadFile(kUnit);
    const std::regex line("(?:^|\n)" + name + "=([^\n]*)");
    for (std::sregex_iterator hit(unit.begin(), unit.end(), line); hit != std::sregex_iterator(); ++hit) {
      values += (values.empty() ? "" : "\n") + (*hit)[1].str();
    }
    return values;
  }
};

TEST_F(UnitFileTest, SystemdReadsItWithoutAWord) {
  // The program is not installed here.
  std::string unit = ReadFile(kUnit);
  unit = std::regex_replace(unit, std::regex("/usr/bin/headcount"), HeadcountPath());
  WriteFile(dir_ / "headcount.service", unit);
  const Finished verified = Shell("systemd-analyze verify --man=no ./headcount.service");
  EXPECT_EQ(Describe(verified.status), "exit 0");
  // Of this machine's own units it may have something to say.
  EXPECT_EQ(verified.err.find("headcount"), std::string::npos) << verified.err;
}

TEST_F(UnitFileTest, ItsExposureIsAtMostTwo) {
  const Finished asked = Shell("LC_ALL=C systemd-analyze security --offline=true --no-pager " + Quoted(kUnit));
  std::smatch found;
  ASSERT_TRUE(std::regex_search(asked.out, found, std::regex(R"(Overall exposure level for \S+: ([0-9.]+))")))
      << asked.out << asked.err;
  EXPECT_LE(std::strtod(found[1].str().c_str(), nullptr), 2.0) << asked.out;
}

TEST_F(UnitFileTest, ItStartsAgainWhatSuperviseStartsAgainAndWaitsForTheDrain) {
  EXPECT_EQ(Setting("Type"), "notify");
  EXPECT_EQ(Setting("NotifyAccess"), "main");
  EXPECT_EQ(Setting("Restart"), "on-failure") << "0 ends it";
  EXPECT_EQ(Setting("RestartPreventExitStatus"), "64 65 78");
  EXPECT_NE(ReadFile(std::string(HEADCOUNT_SOURCE_DIR) + "/scripts/supervise.sh")
                .find("code == 0 || code == 64 || code == 65 || code == 78"),
            std::string::npos)
      << "and there?";
  EXPECT_EQ(Setting("StartLimitIntervalSec"), "0") << "supervise.sh does not give up";
  EXPECT_EQ(Setting("KillMode"), "mixed") << "the coordinator alone is asked";
  EXPECT_GT(std::atoll(Setting("TimeoutStopSec").c_str()) * 1000, limits::kDrainMs + limits::kEndReapMs);
  // The coordinator's own pause of a start (the lock), and whatever it does between two turns, is shorter than that.
  EXPECT_GE(std::atoll(Setting("WatchdogSec").c_str()) * 1000, 2 * limits::kLockWaitMs);
  EXPECT_EQ(Setting("ExecStart"), "/usr/bin/headcount run --config /etc/headcount/headcount.conf");
}

// As systemd would set it all: the filter kills here what it refuses there (under_unit.py).
TEST_F(UnitFileTest, AJobOnFilesRunsUnderWhatItTakesAway) {
  GeneratorOptions frames;
  frames.frames = 20'000;
  const std::vector<std::string> texts = GenerateTexts(frames);
  WriteFiles(texts);
  ServiceManager manager;
  ChildOptions options;
  options.environment = {manager.environment(), {"RUNTIME_DIRECTORY", (dir_ / "run").string()}};
  std::filesystem::create_directory(dir_ / "run");
  const std::string under =
      "/usr/bin/python3 " + Quoted(std::string(HEADCOUNT_SOURCE_DIR)) + "/tests/package/under_unit.py " + Quoted(kUnit);
  const Finished run = Shell(under + " $headcount run --input in*", options);
  if (run.status.code == 77) GTEST_SKIP() << run.err;
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts));
  EXPECT_EQ(manager.Steps(), (std::vector<std::string>{"READY=1", "STOPPING=1"}));
  // Who looks is another user.
  const auto others = std::filesystem::status(dir_ / "run" / "headcount.status.json").permissions();
  EXPECT_NE(others & std::filesystem::perms::others_read, std::filesystem::perms::none);

  const Finished refused = Shell("exec " + under + " /bin/mount -t tmpfs none .", options);
  EXPECT_EQ(Describe(refused.status), "signal " + std::to_string(SIGSYS)) << "the filter lets everything through";
}

}  // namespace
}  // namespace headcount::test
