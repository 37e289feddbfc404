// The files that a job replaces each second: what may stand there before, that another job keeps one, and which one
// `status` finds.
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <ctime>
#include <filesystem>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

constexpr const char* kFrame = R"({"ts":1468244400,"uid":"a"})";

class CliPublishedFilesTest : public CliTest {
 protected:
  void SetUp() override { WriteFile(dir_ / "in-0.jsonl", std::string(kFrame) + "\n"); }

  mode_t KindOf(const std::string& name) const {
    struct stat there {};
    EXPECT_EQ(lstat((dir_ / name).c_str(), &there), 0) << name;
    return there.st_mode & S_IFMT;
  }
  // Each option that names such a file refuses what stands there, and leaves it.
  void ExpectRefused(const std::string& name, const std::string& kind) {
    const mode_t before = KindOf(name);
    for (const char* option : {"--status-file", "--metrics-file"}) {
      SCOPED_TRACE(name + " as " + option);
      const std::string words = std::string(option) + " '" + name + "' is " + kind +
                                ", and only a file can be replaced: name another one, or off";
      const Finished run = Run({"in-0.jsonl"}, {option, name});
      EXPECT_EQ(Describe(run.status), "exit 64") << run.err;
      EXPECT_EQ(run.out, "");
      EXPECT_NE(run.err.find(words), std::string::npos) << run.err;
      EXPECT_EQ(KindOf(name), before);
      const Finished check = Run({"in-0.jsonl"}, {option, name, "--check-config"});
      EXPECT_EQ(Describe(check.status), "exit 64");
      EXPECT_NE(check.err.find(words), std::string::npos) << check.err;
    }
    const Finished report = Headcount({"report", "--input", "in-0.jsonl", "--out", name});
    EXPECT_EQ(Describe(report.status), "exit 64") << report.err;
    EXPECT_EQ(KindOf(name), before);
  }
};

// --- What stands there ---------------------------------------------------------------------------------------

// Never of the machine's own: a device of this folder, which is /dev/null by another name.
TEST_F(CliPublishedFilesTest, ADeviceStaysADevice) {
  if (mknod((dir_ / "device").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) GTEST_SKIP() << "nobody here may make one";
  std::filesystem::create_symlink("device", dir_ / "link");
  ExpectRefused("device", "a device");
  ExpectRefused("link", "a device");
}

TEST_F(CliPublishedFilesTest, FoldersAndPipesStayWhatTheyAre) {
  create_directory(dir_ / "folder");
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  ExpectRefused("folder", "a folder");
  ExpectRefused("pipe", "a pipe");
}

TEST_F(CliPublishedFilesTest, ALinkStaysALinkAndItsFileIsReplaced) {
  create_directory(dir_ / "elsewhere");
  std::filesystem::create_symlink("elsewhere/status", dir_ / "status");
  std::filesystem::create_symlink("elsewhere/metrics", dir_ / "metrics");
  const Finished run = Run({"in-0.jsonl"}, {"--status-file", "status", "--metrics-file", "metrics"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  for (const char* name : {"status", "metrics"}) {
    EXPECT_TRUE(std::filesystem::is_symlink(dir_ / name)) << name;
    EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(dir_ / "elsewhere" / name))) << name;
  }
  EXPECT_NE(ReadFile(dir_ / "elsewhere" / "status").find(R"("state":"done")"), std::string::npos);
}

TEST_F(CliPublishedFilesTest, TwoLinksToOneFileAreOneFile) {
  for (const char* name : {"status", "metrics"}) std::filesystem::create_symlink("file", dir_ / name);
  const Finished run = Run({"in-0.jsonl"}, {"--status-file", "status", "--metrics-file", "metrics"});
  EXPECT_EQ(Describe(run.status), "exit 64") << run.err;
  EXPECT_NE(run.err.find("leads to the status file"), std::string::npos) << run.err;
}

TEST_F(CliPublishedFilesTest, OffIsNoFile) {
  const Finished run = Run({"in-0.jsonl"}, {"--status-file", "off", "--metrics-file", "off"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(LinesIn(run.out), 1U);
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    EXPECT_EQ(entry.path().filename(), "in-0.jsonl");
  }
  EXPECT_EQ(Describe(Headcount({"status", "--status-file", "off"}).status), "exit 64");
}

// It would be read for ever.
TEST_F(CliPublishedFilesTest, APipeIsNoStatusFileToReadEither) {
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(Describe(Headcount({"status", "--status-file", "pipe"}).status), "exit 78");
  EXPECT_EQ(Describe(Headcount({"health", "--status-file", "pipe"}).status), "exit 1");
}

// --- Two jobs ------------------------------------------------------------------------------------------------

class TwoJobsTest : public CliPublishedFilesTest {
 protected:
  void StartFirst(Feed* feed) {
    first_ = Start("exec $headcount run --input - --metrics-file metrics < feed");
    ASSERT_TRUE(feed->Write(std::string(kFrame) + "\n"));
    ASSERT_TRUE(WaitForStatus([](const JsonValue& status) { return TextAt(status, {"state"}) == "running"; }));
  }
  void ExpectFirstIsShown() {
    EXPECT_EQ(NumberAt(Status(), {"coordinator", "pid"}), first_->pid());
    EXPECT_TRUE(first_->IsRunning());
  }
  std::string Kept() const {
    return "headcount.status.json is kept by another job (pid " + std::to_string(first_->pid());
  }

  std::unique_ptr<ChildProcess> first_;
};

// It asks for the file before it asks for a broker; on port 1 there is none.
TEST_F(TwoJobsTest, TheSecondIsRefusedTheFileOfTheFirst) {
  Feed feed(dir_ / "feed");
  StartFirst(&feed);
  const std::string group = "cli-test-" + std::to_string(time(nullptr));
  const Finished second =
      Headcount({"run", "-b", "localhost:1", "--group", group, "--status-file", "headcount.status.json"});
  EXPECT_EQ(Describe(second.status), "exit 78") << second.err;
  EXPECT_NE(second.err.find(Kept()), std::string::npos) << second.err;
  EXPECT_NE(second.err.find("give this job another --status-file, or off for none"), std::string::npos) << second.err;
  ExpectFirstIsShown();
  feed.Close();
  EXPECT_EQ(Describe(first_->Wait().value_or(ExitStatus{})), "exit 0") << first_->Err();
  EXPECT_EQ(first_->Err().find("headcount.status.json"), std::string::npos) << first_->Err();
}

TEST_F(TwoJobsTest, OnFilesTheSecondGoesOnWithoutAndSaysSo) {
  Feed feed(dir_ / "feed");
  StartFirst(&feed);
  const Finished second = Run({"in-0.jsonl"}, {"--metrics-file", "metrics"});
  EXPECT_EQ(Describe(second.status), "exit 0") << second.err;
  EXPECT_EQ(LinesIn(second.out), 1U);
  EXPECT_NE(second.err.find(Kept()), std::string::npos) << second.err;
  EXPECT_NE(second.err.find("metrics file metrics is kept by another job"), std::string::npos) << second.err;
  ExpectFirstIsShown();
}

// The kernel takes a moment to let go of what it held.
TEST_F(TwoJobsTest, TheFileOfOneThatWasKilledIsFree) {
  {
    Feed feed(dir_ / "feed");
    StartFirst(&feed);
    first_->Kill();
    first_->Wait();
  }
  const Finished second = Run({"in-0.jsonl"});
  EXPECT_EQ(Describe(second.status), "exit 0") << second.err;
  EXPECT_EQ(second.err.find("is kept by"), std::string::npos) << second.err;
  EXPECT_EQ(TextAt(Status(), {"state"}), "done");
}

// --- Which one is meant --------------------------------------------------------------------------------------

TEST_F(CliPublishedFilesTest, StatusFindsTheOneFileAndOfSeveralTheGroups) {
  ASSERT_EQ(Describe(Run({"in-0.jsonl"}, {"--status-file", "headcount-july.status.json"}).status), "exit 0");
  const Finished one = Headcount({"status"});
  EXPECT_EQ(Describe(one.status), "exit 0") << one.err;
  EXPECT_NE(one.out.find("job        files -> stdout\n"), std::string::npos) << one.out;
  ASSERT_EQ(Describe(Run({"in-0.jsonl"}).status), "exit 0");
  for (const char* command : {"status", "explain", "health"}) {
    SCOPED_TRACE(command);
    const Finished several = Headcount({command});
    EXPECT_EQ(Describe(several.status), "exit 64");
    EXPECT_NE(several.err.find("headcount-july.status.json, headcount.status.json; --group NAME or --status-file FILE"),
              std::string::npos)
        << several.err;
    EXPECT_EQ(Describe(Headcount({command, "--group", "july"}).status), "exit 0");
    EXPECT_EQ(Describe(Headcount({command, "--group", "headcount"}).status), "exit 0");
  }
}

}  // namespace
}  // namespace headcount::test
