// `--log-format ecs`: whatever happens, each line on stderr is a JSON object that the index template of config/elastic
// maps in full.

#include "tests/integration/cli_testing.h"
#include "tests/support/ecs_lines.h"

namespace headcount::test {
namespace {

class CliLogTest : public CliTest {
 protected:
  const EcsTemplate template_{std::string(HEADCOUNT_SOURCE_DIR) + "/config/elastic/component-template.json"};

  static std::string SomeText() {
    GeneratorOptions options;
    options.frames = 4'000;
    options.partitions = 1;
    options.frame_bytes = 200;
    options.damage = AllDamage(0.01);
    return GenerateTexts(options)[0];
  }
  static bool HasAction(const std::string& log, const std::string& action) {
    return log.find("\"action\":\"" + action + "\"") != std::string::npos;
  }
};

TEST_F(CliLogTest, ARunOnFilesLogsMappedJsonAndPrintsTheSameMinutes) {
  const std::string text = SomeText();
  WriteFiles({text});
  const Finished run = Run({"in-0.jsonl"}, {"--log-format", "ecs"});
  EXPECT_EQ(Describe(run.status), "exit 0");
  EXPECT_EQ(run.out, RecordsOf({text}));
  EXPECT_EQ(template_.WrongWithLog(run.err), "");
  EXPECT_TRUE(HasAction(run.err, "claim.made")) << run.err;
}

TEST_F(CliLogTest, AWorkerThatIsKilledHasAnObituaryInJson) {
  if (!HasCrashPoints()) GTEST_SKIP() << "crash points are not compiled in";
  const std::string text = SomeText();
  WriteFiles({text});
  ChildOptions options;
  options.environment = {{"HEADCOUNT_CRASH_POINT", "worker.taken*2"},
                         {"HEADCOUNT_CRASH_ONCE", dir_ / "once"},
                         {"HEADCOUNT_LOG_LEVEL", "debug"}};
  const Finished run = Run({"in-0.jsonl"}, {"--log-format", "ecs"}, options);
  EXPECT_EQ(Describe(run.status), "exit 0");
  EXPECT_EQ(run.out, RecordsOf({text}));
  EXPECT_EQ(template_.WrongWithLog(run.err), "");
  for (const char* action : {"worker.died", "worker.ended", "writer.ended", "windows.united", "window.sealed"}) {
    EXPECT_TRUE(HasAction(run.err, action)) << action << " is not in: " << run.err;
  }
  EXPECT_NE(run.err.find("\"signal\":9"), std::string::npos) << run.err;
}

TEST_F(CliLogTest, AnErrorThatEndsTheRunTellsItsCode) {
  const Finished run = Run({"not there \xFF\n"}, {"--log-format", "ecs"});
  EXPECT_EQ(Describe(run.status), "exit 78");
  EXPECT_EQ(template_.WrongWithLog(run.err), "");
  EXPECT_TRUE(HasAction(run.err, "job.failed")) << run.err;
  EXPECT_NE(run.err.find("\"code\":\"78\""), std::string::npos) << run.err;
}

}  // namespace
}  // namespace headcount::test
