// Frames that kill or hang whoever decodes them, and deaths that only look so.

#include <csignal>
#include <ctime>

#include "tests/integration/cli_testing.h"
#include "tests/support/frozen.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
constexpr char kMark[] = "poison-of-this-test";
const std::vector<std::string> kWindows = {"--window", "10s"};
const OracleRule kRule{{10, 5, 5}, limits::kMaxFrameBytes};

class CliPoisonTest : public CliTest {
 protected:
  void SetUp() override {
    if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  }

  static std::string Line(int64_t ts, const std::string& uid) {
    return R"({"uid":")" + uid + R"(","ts":)" + std::to_string(ts) + "}\n";
  }
  // `count` users in each second from the start.
  static std::string Seconds(int64_t from, int64_t to, int count) {
    std::string text;
    for (int64_t s = from; s < to; ++s) {
      for (int i = 0; i < count; ++i) text += Line(kStart + s, "u" + std::to_string(i));
    }
    return text;
  }
  static bool IsMarked(const std::optional<std::string>& line) { return line->find(kMark) != std::string::npos; }
  static ChildOptions With(const std::string& name, const std::string& value) {
    ChildOptions options;
    options.environment = {{name, value}};
    return options;
  }
};

TEST_F(CliPoisonTest, AFrameThatMakesTheDecoderAbortTwiceIsInvalidAndNamed) {
  const std::string text = Seconds(0, 25, 4) + Line(kStart + 25, kMark) + Seconds(25, 60, 4);
  ChildOptions options = With("HEADCOUNT_POISON_MARK", kMark);
  options.environment.emplace_back("HEADCOUNT_POISON_SIGNAL", std::to_string(SIGABRT));
  const Finished run = Run(WriteFiles({text}), kWindows, options);
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  OraclePartition right(kRule.rule);
  for (const auto& line : OracleLines(text)) {
    IsMarked(line) ? right.Invalid(InvalidReason::kPoison) : right.Record(line);
  }
  right.End(time(nullptr));
  EXPECT_EQ(run.out, RecordsOf(OracleUnion({&right}), kRule)) << run.err;
  EXPECT_NE(run.err.find(" signal=6 "), std::string::npos) << run.err;
  const size_t offset = (Seconds(0, 25, 4)).size();
  EXPECT_NE(run.err.find("in-0.jsonl, offset " + std::to_string(offset) + ": counted as invalid (poison)"),
            std::string::npos)
      << run.err;
  EXPECT_EQ(run.err.find(kMark), std::string::npos) << "a frame stands in the log";
}

// A worker stands in the middle of a frame, and somebody kills it there, twice: that is not the frame's doing.
TEST_F(CliPoisonTest, TwoKillsFromOutsideWhileTheSameFrameIsDecodedMakeNothingInvalid) {
  const std::string text = Seconds(0, 25, 4) + Line(kStart + 25, kMark) + Seconds(25, 60, 4);
  WriteFiles({text});
  const auto job = Start("exec $headcount run --window 10s --input in-0.jsonl", With("HEADCOUNT_STOP_MARK", kMark));
  int64_t last = 0;
  for (int life = 1; life <= 3; ++life) {
    int64_t pid = 0;
    ASSERT_TRUE(Eventually([&] {
      pid = PidOf(Status(), 0);
      return pid > 0 && pid != last && IsStopped(static_cast<pid_t>(pid));
    })) << job->Err();
    last = pid;
    kill(static_cast<pid_t>(pid), life < 3 ? SIGKILL : SIGCONT);
  }
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf({text}, kRule));
  EXPECT_EQ(NumberAt(Status(), {"totals", "invalid"}), 0);
  EXPECT_EQ(job->Err().find("poison"), std::string::npos) << job->Err();
}

// The frames of one window, five of them poison, fill what is committed beside an offset. For a sixth there is room
// only once that window is closed: it is closed without what follows, instead of being read for ever.
TEST_F(CliPoisonTest, MorePoisonThanCanBeRememberedClosesItsWindowEarlyAndTheRestIsExact) {
  std::string text = Seconds(0, 22, 4);
  for (size_t i = 0; i <= limits::kMaxPoisonDecisions; ++i) text += Line(kStart + 22, kMark) + Seconds(22, 23, 2);
  text += Seconds(23, 60, 4);
  const Finished run = Run(WriteFiles({text}), kWindows, With("HEADCOUNT_POISON_MARK", kMark));
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;

  OraclePartition right(kRule.rule);
  size_t poison = 0;
  for (const auto& line : OracleLines(text)) {
    if (!IsMarked(line)) {
      right.Record(line);
      continue;
    }
    if (poison++ == limits::kMaxPoisonDecisions) right.RaiseClock(kStart + 30);
    right.Invalid(InvalidReason::kPoison);
  }
  right.End(time(nullptr));
  const OracleCounts counts = OracleUnion({&right});
  EXPECT_EQ(run.out, RecordsOf(counts, kRule)) << run.err;
  EXPECT_GT(counts.totals.late, 0U);
  EXPECT_EQ(NumberAt(Status(), {"totals", "invalid_reasons", "poison"}), static_cast<int64_t>(poison));
  EXPECT_EQ(NumberAt(Status(), {"totals", "late"}), static_cast<int64_t>(counts.totals.late));
  EXPECT_NE(run.err.find("more than 5 frames of open minutes kill their decoder"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace headcount::test
