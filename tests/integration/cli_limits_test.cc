// Jobs on files that come to a bound: very many windows, and a status file that cannot be written.

#include <chrono>
#include <ctime>
#include <sstream>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;

class CliLimitsTest : public CliTest {
 protected:
  static std::string Line(int64_t ts, int64_t user) {
    return R"({"ts":)" + std::to_string(ts) + R"(,"uid":)" + std::to_string(user) + "}\n";
  }
  // One text a file, of one frame every `step_s`.
  static std::vector<std::string> EverySoOften(size_t files, int64_t frames, int64_t step_s) {
    std::vector<std::string> texts(files);
    for (size_t f = 0; f < files; ++f) {
      for (int64_t i = 0; i < frames; ++i) {
        texts[f] += Line(kStart + i * step_s, (i + static_cast<int64_t>(f)) % 7);
      }
    }
    return texts;
  }
  static size_t Count(const std::string& text, const std::string& words) {
    size_t count = 0;
    for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
    return count;
  }
};

// --- Many windows --------------------------------------------------------------------------------------------

TEST_F(CliLimitsTest, AHundredThousandWindowsOfOneSecondAreAllRight) {
  const std::vector<std::string> texts = EverySoOften(2, 100'000, 1);
  OracleRule rule;
  rule.rule.window_s = 1;
  const Finished run = Run(WriteFiles(texts), {"--window", "1s", "--workers", "2"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(LinesIn(run.out), 100'000U);
  EXPECT_TRUE(run.out == RecordsOf(texts, rule)) << "too long to show";
}

// A frame a minute, each of which waits for sixteen others that confirm it: seventy days of them.
TEST_F(CliLimitsTest, AHundredThousandSparseMinutesAreAllRight) {
  const std::vector<std::string> texts = EverySoOften(2, 100'000, 60);
  const Finished run = Run(WriteFiles(texts), {"--workers", "2", "--memory", "16MiB"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(LinesIn(run.out), 100'000U);
  EXPECT_TRUE(run.out == RecordsOf(texts)) << "too long to show";
}

// --- The status file -----------------------------------------------------------------------------------------

// A file system of sixteen blocks, where whoever runs this may make one; the bytes of the status do not fit.
TEST_F(CliLimitsTest, AStatusFileOnAFullDiskIsSaidOnceAndStopsNothing) {
  WriteFiles(EverySoOften(1, 200, 1));
  create_directory(dir_ / "disk");
  const Finished run = Shell(
      "unshare -rm true 2>/dev/null || exit 77; unshare -rm bash -c '"
      "mount -t tmpfs -o size=16k none disk || exit 77; head -c 16k /dev/zero > disk/full 2>/dev/null;"
      "(cat in-0.jsonl; sleep 1.2) | $headcount run --status-file disk/status.json --input -'");
  if (run.status.code == 77) GTEST_SKIP() << "nobody here may mount a file system";
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(LinesIn(run.out), 4U);
  EXPECT_NE(run.err.find("No space left on device"), std::string::npos) << run.err;
  EXPECT_EQ(Count(run.err, "the job goes on without it"), 1U) << run.err;
}

// The same by a limit on the size of files, which needs nobody's leave. What is printed goes through pipes.
TEST_F(CliLimitsTest, AStatusFileThatMayNotGrowIsSaidOnceAndStopsNothing) {
  std::vector<std::string> texts = EverySoOften(8, 200, 1);
  std::string files;
  for (const std::string& path : WriteFiles(texts)) files += " " + Quoted(path);
  const Finished run = Shell(
      "set -o pipefail; { (cat in-0.jsonl; sleep 1.2) | (trap \"\" XFSZ; ulimit -f 1; exec $headcount run --input - " +
      files + " 2>&1 >&3) | cat >&2; } 3>&1 | cat");
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(LinesIn(run.out), 4U) << run.out;
  EXPECT_EQ(Count(run.err, "the job goes on without it"), 1U) << run.err;
  EXPECT_NE(run.err.find("File too large"), std::string::npos) << run.err;
}

TEST_F(CliLimitsTest, AStatusFolderThatIsReadOnlyForAWhileIsSaidOnceEachWay) {
  WriteFiles(EverySoOften(1, 200, 1));
  create_directory(dir_ / "folder");
  permissions(dir_ / "folder", std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  Feed feed(dir_ / "feed");
  // Whoever runs this as root may write everywhere, unless he gives that up.
  const auto job = Start(
      "drop=; [[ -w folder ]] && drop='setpriv --bounding-set=-dac_override,-dac_read_search';"
      "$drop bash -c '[[ ! -w folder ]]' || exit 77;"
      "exec $drop $headcount run --status-file folder/status.json --input - < feed");
  ASSERT_TRUE(feed.Write(ReadFile(dir_ / "in-0.jsonl")));
  ASSERT_TRUE(Eventually(
      [&] { return job->Err().find("the job goes on without it") != std::string::npos || !job->IsRunning(); }));
  if (!job->IsRunning() && job->Wait()->code == 77) GTEST_SKIP() << "nobody here may be refused a folder";
  permissions(dir_ / "folder", std::filesystem::perms::owner_all);
  ASSERT_TRUE(Eventually([&] { return job->Err().find("can be written again") != std::string::npos; }));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(LinesIn(job->Out()), 4U);
  EXPECT_EQ(Count(job->Err(), "the job goes on without it"), 1U) << job->Err();
  EXPECT_NE(ReadFile(dir_ / "folder" / "status.json").find("\"state\":\"done\""), std::string::npos);
}

// --- The stack -----------------------------------------------------------------------------------------------

TEST_F(CliLimitsTest, ASmallStackIsRaisedOrNamedAndNobodyDiesOfIt) {
  WriteFiles(EverySoOften(1, 200, 1));
  const Finished soft = Shell("ulimit -S -s 64; exec $headcount run --input in-0.jsonl");
  EXPECT_EQ(Describe(soft.status), "exit 0") << soft.err;
  EXPECT_EQ(LinesIn(soft.out), 4U);
  EXPECT_EQ(soft.err.find("signal="), std::string::npos) << soft.err;
  const Finished hard = Shell("ulimit -s 64; exec $headcount run --input in-0.jsonl");
  EXPECT_EQ(Describe(hard.status), "exit 78") << hard.err;
  EXPECT_NE(hard.err.find("a stack may have 64 KiB here, and 512KiB are needed"), std::string::npos) << hard.err;
}

// --- The log file --------------------------------------------------------------------------------------------

TEST_F(CliLimitsTest, ALogFileThatTakesNoMoreIsSaidOnceOnStderrAndStopsNothing) {
  const Finished run = Run(WriteFiles(EverySoOften(3, 200, 1)), {"--workers", "3", "--log-file", "/dev/full"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(LinesIn(run.out), 4U);
  EXPECT_EQ(run.err,
            "headcount: log file \"/dev/full\" takes no more lines, and they are lost: No space left on device\n");
}

// A disk of two blocks, one of which the beginning of the log nearly fills: the next line is cut off. Once there is
// room again, it does not run into the one after it.
TEST_F(CliLimitsTest, OnADiskThatWasFullTheLogGoesOnInWholeLines) {
  create_directory(dir_ / "disk");
  const Finished run = Shell(
      "unshare -rm true 2>/dev/null || exit 77; unshare -rm bash -c '"
      "mount -t tmpfs -o size=8k none disk || exit 77; (head -c 4000 /dev/zero | tr \"\\0\" x; echo) > disk/log;"
      "head -c 4k /dev/zero > disk/full;"
      "{ echo nonsense; for i in {1..600}; do grep -q lost err && break; sleep 0.05; done; rm disk/full; echo "
      "nonsense; } |"
      "$headcount run --status-file off --input - --log-file disk/log 2> err; cat err >&2; tail -n +2 disk/log'");
  if (run.status.code == 77) GTEST_SKIP() << "nobody here may mount a file system";
  EXPECT_NE(run.err.find("takes no more lines, and they are lost: No space left on device"), std::string::npos)
      << run.err;
  std::istringstream lines(run.out);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line.substr(0, 2), "20") << run.out;
    EXPECT_EQ(line.find("Z ", 25), std::string::npos) << "two in one: " << line;
  }
  EXPECT_GE(count, 2U) << run.out;
  EXPECT_NE(run.out.find("offset 9: counted as invalid (not_json)\n"), std::string::npos) << run.out;
}

// --- The memory of a control group ---------------------------------------------------------------------------

// One below our own, of either version, where whoever runs this may make one and the controller of memory is there.
class MemoryLimitTest : public CliLimitsTest {
 protected:
  // Runs `command` in a group that may take so much; 77 where there can be none.
  static std::string Within(const std::string& limit, const std::string& command) {
    return "own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup); group=/sys/fs/cgroup/memory$own;"
           "limit=memory.limit_in_bytes; swap=memory.memsw.limit_in_bytes;"
           "if [[ -z $own ]]; then group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup);"
           "limit=memory.max; swap=memory.swap.max; fi;"
           "group+=/headcount-test-$$; mkdir \"$group\" 2>/dev/null || exit 77;"
           "trap 'sleep 0.1; rmdir \"$group\"' EXIT;"
           "[[ -w $group/$limit ]] && echo " +
           limit +
           " > \"$group/$limit\" || exit 77;"
           "[[ $limit == memory.max ]] && no_swap=0 || no_swap=" +
           limit +
           ";"
           "{ echo $no_swap > \"$group/$swap\"; } 2>/dev/null || true;"
           "(echo $BASHPID > \"$group/cgroup.procs\" || exit 77; exec " +
           command +
           ") & child=$!;"
           "trap 'kill $child' TERM; while kill -0 $child 2>/dev/null; do wait $child; code=$?; done; exit $code";
  }
};

TEST_F(MemoryLimitTest, ThatTheWorkersPassIsNamedBeforeAndAfterTheKernelKills) {
  const Finished made = Shell("seq 1000000 1999999 | sed 's/.*/{\"ts\":1468244400,\"uid\":&}/' > users");
  ASSERT_EQ(Describe(made.status), "exit 0");
  const auto job =
      Start(Within("16777216", "$headcount run --workers 1 --memory 512MiB --status-file off --input users"));
  const auto says = [&](const char* words) { return job->Err().find(words) != std::string::npos; };
  ASSERT_TRUE(Eventually([&] { return says("memory killer ended worker 0") || !job->IsRunning(); }));
  if (!job->IsRunning() && job->Wait()->code == 77) GTEST_SKIP() << "nobody here may make a control group";
  EXPECT_TRUE(says("WARN  coordinator 1 worker with --memory 512MiB and their buffers may come to")) << job->Err();
  EXPECT_TRUE(says("the limit of this job's control group is 16MiB")) << job->Err();
  EXPECT_TRUE(says(" signal=9 cause=memory ")) << job->Err();
  EXPECT_TRUE(says("type --memory 4MiB or fewer --workers, or raise the limit")) << job->Err();
  job->Signal(SIGTERM);
  EXPECT_TRUE(job->Wait());
}

// The default fits: what is full says so itself, and nothing is killed.
TEST_F(MemoryLimitTest, LeavesADefaultThatEndsWithAClearError) {
  ASSERT_EQ(Describe(Shell("seq 1000000 1999999 | sed 's/.*/{\"ts\":1468244400,\"uid\":&}/' > users").status),
            "exit 0");
  const Finished run = Shell(Within("67108864", "$headcount run --workers 1 --status-file off --input users"));
  if (run.status.code == 77) GTEST_SKIP() << "nobody here may make a control group";
  EXPECT_EQ(Describe(run.status), "exit 78") << run.err;
  EXPECT_NE(run.err.find("do not fit into its 16 MiB of memory"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("signal=9"), std::string::npos) << run.err;
}

TEST_F(MemoryLimitTest, InWhichNothingCanBeginIsRefused) {
  WriteFile(dir_ / "in", Line(kStart, 1));
  const Finished run = Shell(Within("4194304", "$headcount run --workers 2 --status-file off --input in"));
  if (run.status.code == 77) GTEST_SKIP() << "nobody here may make a control group";
  EXPECT_EQ(Describe(run.status), "exit 78") << run.err;
  EXPECT_NE(run.err.find("control group is 4MiB, and 2 workers need 6MiB at the very least"), std::string::npos)
      << run.err;
}

}  // namespace
}  // namespace headcount::test
