// When a process of a job on files dies or is asked to stop: what was printed is right, all of it or, with a clear
// message, the first of it; and nobody is left behind.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;

class CliDeathTest : public CliTest {
 protected:
  static std::vector<std::string> SomeTexts(uint64_t seed, int32_t partitions = 4, uint64_t frames = 8'000) {
    GeneratorOptions options;
    options.seed = seed;
    options.frames = frames;
    options.users = 1'000;
    options.partitions = partitions;
    options.frame_bytes = 200;
    options.delay_s = 6;
    options.damage = AllDamage(0.01);
    return GenerateTexts(options);
  }
  static ChildOptions CrashingAt(const std::string& point) {
    ChildOptions options;
    options.environment.emplace_back("HEADCOUNT_CRASH_POINT", point);
    return options;
  }

  std::string CodeOf(ChildProcess* job, seconds timeout = seconds(30)) {
    return Describe(job->Wait(timeout).value_or(ExitStatus{}));
  }
  // Of the job whose status file this is.
  std::vector<int64_t> PidsOf(const JsonValue& status) const {
    std::vector<int64_t> pids = {NumberAt(status, {"writer", "pid"})};
    const JsonValue* workers = At(status, {"workers"});
    for (size_t slot = 0; workers != nullptr && slot < workers->items.size(); ++slot) {
      pids.push_back(PidOf(status, slot));
    }
    return pids;
  }
  bool WaitUntilAllRun() {
    return WaitForStatus([this](const JsonValue& status) {
      const std::vector<int64_t> pids = PidsOf(status);
      return TextAt(status, {"state"}) == "running" && pids.size() > 1 &&
             std::none_of(pids.begin(), pids.end(), [](int64_t pid) { return pid <= 0; });
    });
  }
  static void ExpectAllGone(const std::vector<int64_t>& pids) {
    for (const int64_t pid : pids) {
      EXPECT_TRUE(Eventually([pid] { return !IsAlive(pid); }, seconds(5))) << pid << " still lives";
    }
  }
  static void ExpectBeginningOf(const std::string& all, const std::string& printed) {
    EXPECT_EQ(printed, all.substr(0, printed.size()));
    EXPECT_TRUE(printed.empty() || printed.back() == '\n') << "half a record";
  }
};

// --- Workers -------------------------------------------------------------------------------------------------

class WorkerCrashTest : public CliDeathTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  }
};

// Every life of every worker dies at its ninth pass, until so little is left that it is not reached. At an earlier
// one the writer might not come round to close a window between two deaths, ten times in a row. A worker seals
// once a batch at most, so that nine passes take many frames.
TEST_P(WorkerCrashTest, AgainAndAgainWhileItReadsFilesChangesNothing) {
  const std::vector<std::string> texts = SomeTexts(1, 4, 50'000);
  OracleRule rule;
  rule.rule.window_s = 10;
  const std::string expected = RecordsOf(texts, rule);
  for (const char* workers : {"1", "2", "3"}) {
    SCOPED_TRACE(workers);
    const Finished run =
        Run(WriteFiles(texts), {"--workers", workers, "--window", "10s"}, CrashingAt(std::string(GetParam()) + "*9"));
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, expected) << run.err;
    EXPECT_NE(run.err.find(" generation=1 signal=9 "), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(" action=restart delay_ms="), std::string::npos) << run.err;
  }
}

TEST_P(WorkerCrashTest, BeforeAnythingIsPublishedChangesNothing) {
  const std::vector<std::string> texts = SomeTexts(2);
  ChildOptions options = CrashingAt(std::string(GetParam()) + "*1");
  options.environment.emplace_back("HEADCOUNT_CRASH_ONCE", dir_ / "crashed");
  const Finished run = Run(WriteFiles(texts), {"--workers", "2", "--window", "7s"}, options);
  OracleRule rule;
  rule.rule.window_s = 7;
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts, rule)) << run.err;
  EXPECT_TRUE(exists(dir_ / "crashed"));
}

INSTANTIATE_TEST_SUITE_P(Cli, WorkerCrashTest,
                         testing::Values("worker.sealed", "worker.publishing", "worker.published"),
                         [](const auto& param) { return std::string(param.param).substr(sizeof "worker"); });

// The worker of the file stands where the slow pipe of the other one lets it, and dies there, five times.
TEST_F(CliDeathTest, AWorkerKilledFromOutsideWhileItReadsFilesChangesNothing) {
  const std::vector<std::string> texts = SomeTexts(3, 2);
  WriteFiles({texts[0]});
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  constexpr size_t kPieces = 6;
  for (size_t piece = 0; piece < kPieces; ++piece) {
    const size_t from = texts[1].size() * piece / kPieces;
    const size_t to = texts[1].size() * (piece + 1) / kPieces;
    ASSERT_TRUE(feed.Write(texts[1].substr(from, to - from))) << job->Err();
    if (piece == 0) continue;
    ASSERT_TRUE(WaitUntilAllRun()) << job->Err();
    const int64_t victim = PidOf(Status(), 0);
    kill(static_cast<pid_t>(victim), SIGKILL);
    ASSERT_TRUE(WaitForStatus([&](const JsonValue& s) { return PidOf(s, 0) > 0 && PidOf(s, 0) != victim; }))
        << job->Err();
  }
  feed.Close();
  EXPECT_EQ(CodeOf(job.get()), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf(texts)) << job->Err();
  const JsonValue status = Status();
  EXPECT_EQ(NumberAt(At(status, {"workers"})->items[0], {"restarts"}), 5);
  EXPECT_EQ(NumberAt(status, {"totals", "records"}), static_cast<int64_t>(CountTexts(texts).records));
}

TEST_F(CliDeathTest, AWorkerKilledWhileItReadsStdinFromAFileChangesNothing) {
  if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  const std::vector<std::string> texts = SomeTexts(4, 1);
  WriteFiles(texts);
  const Finished run = Shell("$headcount run --input - < in-0.jsonl", CrashingAt("worker.published*2"));
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts)) << run.err;
}

TEST_F(CliDeathTest, AWorkerKilledWhileItReadsAPipeEndsTheJobForAnotherTry) {
  const std::vector<std::string> texts = SomeTexts(5, 2);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  feed.Write(texts[1].substr(0, texts[1].size() / 2));
  ASSERT_TRUE(WaitUntilAllRun());
  const std::vector<int64_t> pids = PidsOf(Status());
  kill(static_cast<pid_t>(PidOf(Status(), 1)), SIGKILL);
  EXPECT_EQ(CodeOf(job.get()), "exit 75");
  EXPECT_NE(job->Err().find("input standard input is no regular file and cannot be read again after its worker ended: "
                            "start over, or give a file"),
            std::string::npos)
      << job->Err();
  ExpectBeginningOf(RecordsOf(texts), job->Out());
  ExpectAllGone(pids);
  EXPECT_EQ(TextAt(Status(), {"state"}), "failed");
}

// A stopped process is a hung one: it is killed after ten seconds.
TEST_F(CliDeathTest, AHungWorkerIsReplaced) {
  const std::vector<std::string> texts = SomeTexts(6, 2);
  WriteFiles({texts[0]});
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  feed.Write(texts[1].substr(0, texts[1].size() / 2));
  ASSERT_TRUE(WaitUntilAllRun());
  kill(static_cast<pid_t>(PidOf(Status(), 0)), SIGSTOP);
  feed.Write(texts[1].substr(texts[1].size() / 2));
  feed.Close();
  EXPECT_EQ(CodeOf(job.get()), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf(texts));
  EXPECT_NE(job->Err().find(" cause=heartbeat "), std::string::npos) << job->Err();
}

// --- The writer and the coordinator --------------------------------------------------------------------------

class WriterCrashTest : public CliDeathTest, public testing::WithParamInterface<const char*> {};

TEST_P(WriterCrashTest, EndsTheJobBecauseStdoutCannotBeAsked) {
  if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  const std::vector<std::string> texts = SomeTexts(7);
  for (const char* pass : {"*1", "*3"}) {
    const Finished run = Run(WriteFiles(texts), {"--workers", "2"}, CrashingAt(std::string(GetParam()) + pass));
    EXPECT_EQ(Describe(run.status), "exit 75") << run.err;
    EXPECT_NE(
        run.err.find("the writer died after it may have printed minutes, and stdout cannot be asked: run it again"),
        std::string::npos)
        << run.err;
    ExpectBeginningOf(RecordsOf(texts), run.out);
    EXPECT_LT(run.out.size(), RecordsOf(texts).size());
    EXPECT_EQ(TextAt(Status(), {"state"}), "failed");
  }
}

INSTANTIATE_TEST_SUITE_P(Cli, WriterCrashTest, testing::Values("writer.merged", "writer.telling"),
                         [](const auto& param) { return std::string(param.param).substr(sizeof "writer"); });

TEST_F(CliDeathTest, ChildrenGoWithTheirCoordinator) {
  const std::vector<std::string> texts = SomeTexts(8, 3);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 3 --input in-0.jsonl - in-2.jsonl < feed");
  feed.Write(texts[1].substr(0, texts[1].size() / 2));
  ASSERT_TRUE(WaitUntilAllRun());
  const std::vector<int64_t> pids = PidsOf(Status());
  ASSERT_EQ(pids.size(), 4U);
  for (const int64_t pid : pids) ASSERT_TRUE(IsAlive(pid));
  job->Kill();
  ExpectAllGone(pids);
  EXPECT_EQ(CodeOf(job.get()), "signal 9");
  ExpectBeginningOf(RecordsOf(texts), job->Out());
}

// --- Poison --------------------------------------------------------------------------------------------------

TEST_F(CliDeathTest, AFrameThatKillsTheDecoderTwiceIsInvalidAndAllElseIsExact) {
  if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  constexpr char kPoison[] = R"({"ts":1468244700,"uid":"the poison"})";
  std::vector<std::string> texts = SomeTexts(9);
  std::vector<OraclePartition> partitions;
  std::vector<const OraclePartition*> pointers;
  partitions.reserve(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    // Two in the middle of one file, one at the very beginning of another.
    if (i == 1) texts[i].insert(texts[i].find('\n', texts[i].size() / 2) + 1, std::string(kPoison) + "\n");
    if (i == 1) texts[i].insert(texts[i].find('\n', texts[i].size() / 3) + 1, std::string(kPoison) + "\n");
    if (i == 2) texts[i].insert(0, std::string(kPoison) + "\n");
    OraclePartition& p = partitions.emplace_back(CountingRule{});
    for (const auto& line : OracleLines(texts[i])) {
      line == kPoison ? p.Invalid(InvalidReason::kPoison) : p.Record(line);
    }
    p.End(time(nullptr));
    pointers.push_back(&p);
  }
  const OracleCounts expected = OracleUnion(pointers);
  ASSERT_EQ(expected.totals.invalid_by_reason[static_cast<size_t>(InvalidReason::kPoison)], 3U);

  ChildOptions options;
  options.environment.emplace_back("HEADCOUNT_POISON_MARK", "the poison");
  for (const char* workers : {"1", "3"}) {
    const Finished run = Run(WriteFiles(texts), {"--workers", workers}, options);
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, RecordsOf(expected)) << run.err;
    EXPECT_EQ(NumberAt(Status(), {"totals", "invalid_reasons", "poison"}), 3);
    EXPECT_NE(run.err.find(" signal=11 "), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(" action=poison "), std::string::npos) << run.err;
    EXPECT_EQ(run.err.find("the poison"), std::string::npos) << "a frame stands in the log";
  }
}

// --- Stopping ------------------------------------------------------------------------------------------------

class CliStopTest : public CliDeathTest, public testing::WithParamInterface<int> {};

TEST_P(CliStopTest, ASignalEndsALongStdinWithWhatCouldBePublished) {
  const std::vector<std::string> texts = SomeTexts(10, 2);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  const std::string read = FirstLines(texts[1], LinesIn(texts[1]) * 2 / 3);
  feed.Write(read);
  const std::string closed = ClosedRecordsOf({texts[0], read});
  ASSERT_TRUE(Eventually([&] { return job->Out() == closed; }));
  ASSERT_TRUE(WaitUntilAllRun());
  const std::vector<int64_t> pids = PidsOf(Status());
  job->Signal(GetParam());
  EXPECT_EQ(CodeOf(job.get(), seconds(10)), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), closed) << "an open minute must not be printed as if it were complete";
  EXPECT_NE(job->Err().find("draining"), std::string::npos);
  EXPECT_EQ(TextAt(Status(), {"state"}), "done");
  ExpectAllGone(pids);
}

INSTANTIATE_TEST_SUITE_P(Cli, CliStopTest, testing::Values(SIGTERM, SIGINT),
                         [](const auto& param) { return std::string(param.param == SIGTERM ? "Term" : "Int"); });

TEST_F(CliDeathTest, ASignalInTheMiddleOfAStreamPrintsNothingWrong) {
  const std::string text = SomeTexts(11, 1)[0];
  const std::string expected = RecordsOf({text});
  for (size_t part = 1; part < 6; ++part) {
    Feed feed(dir_ / ("feed-" + std::to_string(part)));
    const auto job = Start("exec $headcount run --input - < " + feed.path().string());
    const std::string piece = text.substr(0, text.size() * part / 6);
    feed.Write(piece);
    job->Signal(SIGTERM);
    EXPECT_EQ(CodeOf(job.get(), seconds(10)), "exit 0") << job->Err();
    ExpectBeginningOf(ClosedRecordsOf({piece.substr(0, piece.rfind('\n') + 1)}), job->Out());
  }
}

TEST_F(CliDeathTest, ASecondSignalEndsAJobAtOnceThatDoesNotFinish) {
  const std::vector<std::string> texts = SomeTexts(12, 2);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  feed.Write(texts[1].substr(0, texts[1].size() / 2));
  ASSERT_TRUE(WaitUntilAllRun());
  const std::vector<int64_t> pids = PidsOf(Status());
  kill(static_cast<pid_t>(PidOf(Status(), 1)), SIGSTOP);  // it will not say that it has finished
  job->Signal(SIGTERM);
  ASSERT_TRUE(Eventually([&] { return job->Err().find("draining") != std::string::npos; }));
  EXPECT_TRUE(job->IsRunning());
  job->Signal(SIGTERM);
  EXPECT_EQ(CodeOf(job.get(), seconds(2)), "exit 0") << job->Err();
  EXPECT_NE(job->Err().find("stopped at once"), std::string::npos) << job->Err();
  ExpectAllGone(pids);
  ExpectBeginningOf(RecordsOf(texts), job->Out());
}

TEST_F(CliDeathTest, OneSignalEndsWithinTenSecondsAlsoAJobThatCannotFinish) {
  const std::vector<std::string> texts = SomeTexts(13, 2);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  feed.Write(texts[1].substr(0, texts[1].size() / 2));
  ASSERT_TRUE(WaitUntilAllRun());
  const std::vector<int64_t> pids = PidsOf(Status());
  kill(static_cast<pid_t>(PidOf(Status(), 1)), SIGSTOP);
  job->Signal(SIGTERM);
  EXPECT_EQ(CodeOf(job.get(), seconds(10)), "exit 0") << job->Err();
  ExpectAllGone(pids);
  ExpectBeginningOf(RecordsOf(texts), job->Out());
}

}  // namespace
}  // namespace headcount::test
