// What the helpers of the tests promise, without a broker.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/generator.h"
#include "tests/support/job_log.h"
#include "tests/support/oracle.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> Frames(const GeneratorOptions& options) {
  FrameGenerator generator(options);
  std::vector<std::string> frames;
  for (uint64_t i = 0; i < options.frames; ++i) frames.emplace_back(generator.Next().value);
  return frames;
}

GeneratorOptions Small() {
  GeneratorOptions options;
  options.frames = 3000;
  options.users = 100;
  options.minutes = 3;
  return options;
}

TEST(FrameGenerator, TheSameSeedGivesTheSameFramesAndAnotherOneOthers) {
  GeneratorOptions options = Small();
  options.damage = *ParseDamage("all:0.01");
  const std::vector<std::string> frames = Frames(options);
  EXPECT_EQ(frames, Frames(options));
  options.seed = 2;
  EXPECT_NE(frames, Frames(options));
}

TEST(FrameGenerator, UndamagedFramesAreValidInTimeAndOfTheUsersAskedFor) {
  for (const size_t size : {size_t{200}, size_t{1000}, size_t{10'000}}) {
    GeneratorOptions options = Small();
    options.frames = 1500;
    options.frame_bytes = size;
    std::set<std::string> users;
    size_t bytes = 0;
    for (const std::string& frame : Frames(options)) {
      const OracleDecoded decoded = OracleDecode(frame);
      ASSERT_TRUE(std::holds_alternative<OracleFrame>(decoded)) << frame;
      const auto& [ts, uid] = std::get<OracleFrame>(decoded);
      EXPECT_GE(ts, options.start_s);
      EXPECT_LT(ts, options.start_s + options.minutes * 60);
      EXPECT_EQ(uid.size(), kUidLength);
      users.insert(uid);
      bytes += frame.size();
    }
    EXPECT_EQ(users.size(), options.users);
    const double mean = static_cast<double>(bytes) / static_cast<double>(options.frames);
    EXPECT_NEAR(mean / static_cast<double>(size), 1.0, 0.15) << size;
  }
}

TEST(FrameGenerator, FramesDifferAndHoldNoLineFeed) {
  GeneratorOptions options = Small();
  options.damage = *ParseDamage("all:0.02,null:0,not-object:0,truncated:0");
  const std::vector<std::string> frames = Frames(options);
  EXPECT_EQ(std::set<std::string>(frames.begin(), frames.end()).size(), frames.size());
  for (const std::string& frame : frames) EXPECT_EQ(frame.find('\n'), std::string::npos);
}

TEST(FrameGenerator, EachDamageDoesWhatItsNameSays) {
  const struct {
    const char* damage;
    const char* outcome;  // of every frame
  } cases[] = {{"truncated", "not_json"},      {"invalid-utf8", "not_json"}, {"bom", "not_json"},
               {"lone-surrogate", "not_json"}, {"nul-byte", "not_json"},     {"trailing", "not_json"},
               {"too-large", "too_large"},     {"not-object", "not_object"}, {"no-ts", "no_ts"},
               {"bad-ts", "bad_ts"},           {"no-uid", "no_uid"},         {"bad-uid", "bad_uid"},
               {"null", "not_object"},         {"empty-line", "valid"},      {"crlf", "valid"},
               {"escaped-keys", "valid"},      {"host-ahead", "valid"},      {"late", "valid"}};
  for (const auto& [damage, outcome] : cases) {
    GeneratorOptions options = Small();
    options.frames = 100;
    options.too_large_bytes = 5000;
    options.damage = *ParseDamage(std::string(damage) + ":1");
    for (const std::string& frame : Frames(options)) {
      const OracleDecoded decoded = OracleDecode(frame, 4999);
      const auto* reason = std::get_if<InvalidReason>(&decoded);
      EXPECT_STREQ(reason != nullptr ? Name(*reason) : "valid", outcome) << damage << ": " << frame;
    }
  }
}

TEST(FrameGenerator, FramesAreOutOfOrderByNoMoreThanTheDelay) {
  GeneratorOptions options = Small();
  options.delay_s = 20;
  int64_t newest = 0;
  int64_t furthest = 0;
  for (const std::string& frame : Frames(options)) {
    const int64_t ts = std::get<OracleFrame>(OracleDecode(frame)).ts;
    newest = std::max(newest, ts);
    furthest = std::max(furthest, newest - ts);
  }
  EXPECT_GT(furthest, 15);
  EXPECT_LE(furthest, 20);
}

TEST(ParseDamage, RefusesWhatItDoesNotKnow) {
  for (const char* bad : {"nonsense", "bom:", "bom:2", "bom:x", "all:0.5", "bom,,crlf", ":0.1"}) {
    EXPECT_FALSE(ParseDamage(bad)) << bad;
  }
  EXPECT_TRUE(ParseDamage(""));
  EXPECT_EQ((*ParseDamage("all:0.001,bom:0.5"))[static_cast<size_t>(Damage::kBom)], 0.5);
}

TEST(ChildProcess, ItsOutputInputAndExitAreKept) {
  ChildOptions options;
  options.input = "hello\n";
  options.environment = {{"HEADCOUNT_TEST_WORD", "word"}};
  const Finished done = RunToEnd("sh", {"-c", "cat; echo $HEADCOUNT_TEST_WORD >&2; exit 7"}, options);
  EXPECT_EQ(Describe(done.status), "exit 7");
  EXPECT_EQ(done.out, "hello\n");
  EXPECT_EQ(done.err, "word\n");
}

TEST(ChildProcess, WorksInTheFolderItIsTold) {
  const TempDir folder;
  ChildOptions options;
  options.directory = folder.path();
  EXPECT_EQ(RunToEnd("pwd", {"-P"}, options).out, std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST(ChildProcess, AProgramThatIsNotThereThrows) {
  EXPECT_THROW(ChildProcess("/nowhere/at-all", {}), std::system_error);
}

TEST(ChildProcess, WaitingEndsWithTheTimeAndSignalsArrive) {
  ChildProcess child("sleep", {"1000"});
  EXPECT_FALSE(child.Wait(milliseconds(20)));
  EXPECT_TRUE(child.IsRunning());
  child.Signal(SIGTERM);
  EXPECT_EQ(Describe(*child.Wait()), "signal 15");
  EXPECT_FALSE(child.IsRunning());
  child.Kill();
}

// As in a script's background job.
TEST(ChildProcess, IsInterruptedAlsoWhereTheTestItselfIsNot) {
  const auto before = signal(SIGINT, SIG_IGN);
  ChildProcess child("sleep", {"1000"});
  signal(SIGINT, before);
  child.Signal(SIGINT);
  EXPECT_EQ(Describe(child.Wait(seconds(10)).value_or(ExitStatus{})), "signal 2");
}

TEST(ChildProcess, ItsChildrenAreFoundAndItIsGoneWithItsObject) {
  pid_t pid = 0;
  {
    ChildProcess child("sh", {"-c", "sleep 1000 & wait"});
    pid = child.pid();
    ASSERT_TRUE(Eventually([pid] { return ChildrenOf(pid).size() == 1; }));
    kill(ChildrenOf(pid).front(), SIGKILL);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(JobLog, TellsWhoSaidWhatAndWhenAsSoonAsTheLineIsWhole) {
  const TempDir folder;
  JobLog log(folder / "err");
  EXPECT_TRUE(log.Lines().empty());
  const std::string first = "2016-07-11T13:40:00.123Z INFO  worker-1 first record partition=3\n";
  WriteFile(folder / "err", first + "bash: not ours\n2016-07-11T13:40:01.000Z WARN  writer dies at wri");
  ASSERT_EQ(log.Lines().size(), 1U);
  EXPECT_EQ(log.Lines()[0].at_ms, 1468244400123);
  EXPECT_EQ(log.Lines()[0].role, "worker-1");
  EXPECT_EQ(log.Lines()[0].message, "first record partition=3");
  WriteFile(folder / "err", first + "bash: not ours\n2016-07-11T13:40:01.000Z WARN  writer dies at writer.told\n");
  const auto any = [](const LogLine&) { return true; };
  EXPECT_EQ(log.Find(1, any)->message, "dies at writer.told");
  EXPECT_FALSE(log.Find(2, any));
}

TEST(TempDir, IsGoneWithAllItHeld) {
  std::filesystem::path path;
  {
    const TempDir folder;
    path = folder.path();
    WriteFile(folder / "file", "bytes");
    EXPECT_EQ(ReadFile(folder / "file"), "bytes");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace headcount::test
