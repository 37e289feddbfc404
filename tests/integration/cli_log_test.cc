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

// --- Frames that are not counted -----------------------------------------------------------------------------

// Lines of a file, and where each begins.
class FrameFile {
 public:
  void Add(const std::string& frame) {
    offsets_.push_back(text_.size());
    text_ += frame + "\n";
  }
  void AddValid(int count) {
    for (int n = 0; n < count; ++n) Add(R"({"ts":1468244401,"uid":"secret-user"})");
  }
  const std::string& text() const { return text_; }
  std::string Place(size_t line) const { return "in-0.jsonl, offset " + std::to_string(offsets_[line]) + ": "; }

 private:
  std::string text_;
  std::vector<size_t> offsets_;
};

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(CliLogTest, NamesTheFirstInvalidAndFutureFramesOfAReasonAndCountsTheOthersButShowsNone) {
  FrameFile frames;
  for (int n = 0; n < 2; ++n) frames.Add(R"({"ts":"secret-ts","uid":"secret-user"})");  // before the first minute
  frames.AddValid(20);
  for (int n = 0; n < 25; ++n) frames.Add("{\"ts\":1468244401,\"uid\":\"secret-user");
  frames.Add(R"({"ts":1468248000,"uid":"secret-future"})");
  frames.AddValid(300);
  WriteFiles({frames.text()});
  const Finished run = Run({"in-0.jsonl"});
  EXPECT_EQ(Describe(run.status), "exit 0");
  for (size_t line = 0; line < 2; ++line) {
    EXPECT_EQ(Count(run.err, frames.Place(line) + "counted as invalid (bad_ts)"), 1U) << run.err;
  }
  for (size_t line = 22; line < 47; ++line) {
    EXPECT_EQ(Count(run.err, frames.Place(line) + "counted as invalid (not_json)"), line < 32 ? 1U : 0U) << run.err;
  }
  EXPECT_EQ(Count(run.err, "WARN  worker-0 15 more like this in the last minute: frame.invalid (not_json)"), 1U)
      << run.err;
  EXPECT_EQ(Count(run.err, frames.Place(47) + "counted as future"), 1U) << run.err;
  EXPECT_EQ(Count(run.err, "more like this"), 1U) << run.err;
  EXPECT_EQ(Count(run.err, "secret"), 0U) << run.err;
}

TEST_F(CliLogTest, NamesThemInJsonToo) {
  FrameFile frames;
  frames.AddValid(20);
  for (int n = 0; n < 12; ++n) frames.Add("[\"secret\"]");
  WriteFiles({frames.text()});
  const Finished run = Run({"in-0.jsonl"}, {"--log-format", "ecs"});
  EXPECT_EQ(Describe(run.status), "exit 0");
  EXPECT_EQ(template_.WrongWithLog(run.err), "");
  EXPECT_EQ(Count(run.err, R"("action":"frame.invalid","reason":"not_object")"), 10U) << run.err;
  EXPECT_EQ(Count(run.err, R"("headcount":{"suppressed":2})"), 1U) << run.err;
  EXPECT_EQ(Count(run.err, "secret"), 0U) << run.err;
}

}  // namespace
}  // namespace headcount::test
