// Clocks that are wrong, on files: of the hosts that wrote the frames, and of the host that counts them. Whatever they
// show, the records are the oracle's; and up to the share of wrong frames that the rule promises to bear, no frame of
// a host that is right is lost to them.
#include <signal.h>

#include <map>
#include <sstream>

#include "tests/integration/cli_testing.h"
#include "tests/support/random.h"
#include "tests/support/wall_clock_file.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
constexpr int64_t kHourS = 3600;
constexpr int64_t kDayS = 86400;

// --- Hosts that are right and hosts that are wrong ------------------------------------------------------------

// Every right frame is of a user of its own, and all wrong ones are of one user: so a minute's users tell whether a
// right frame was lost.
class HostLogs {
 public:
  explicit HostLogs(size_t partitions) : texts_(partitions) {}

  void AddRight(size_t partition, int64_t ts, int64_t units_a_second = 1) {
    Add(partition, std::to_string(ts * units_a_second), "right-" + std::to_string(users_++));
    ++right_[ts - ts % 60];
  }
  void AddWrong(size_t partition, const std::string& ts) { Add(partition, ts, "wrong"); }

  const std::vector<std::string>& texts() const { return texts_; }
  size_t records() const { return records_; }

  // How many right frames the published minutes lack.
  int64_t Lost(const std::string& records) const {
    std::map<int64_t, int64_t> lacking = right_;
    std::istringstream lines(records);
    for (std::string line; std::getline(lines, line);) {
      const JsonValue record = ReadJson(line).value_or(JsonValue{});
      const int64_t minute = NumberAt(record, {"window_start"});
      if (lacking.count(minute) == 0) continue;
      lacking[minute] = std::max<int64_t>(0, lacking[minute] - NumberAt(record, {"unique_users"}));
    }
    int64_t lost = 0;
    for (const auto& [minute, count] : lacking) lost += count;
    return lost;
  }

 private:
  void Add(size_t partition, const std::string& ts, const std::string& uid) {
    texts_[partition] += "{\"uid\":\"" + uid + "\",\"ts\":" + ts + "}\n";
    ++records_;
  }

  std::vector<std::string> texts_;
  std::map<int64_t, int64_t> right_;  // by minute
  size_t users_ = 0;
  size_t records_ = 0;
};

// Of all published minutes.
int64_t Sum(const std::string& records, const char* field) {
  int64_t sum = 0;
  std::istringstream lines(records);
  for (std::string line; std::getline(lines, line);) {
    sum += NumberAt(ReadJson(line).value_or(JsonValue{}), {field});
  }
  return sum;
}

class CliClocksTest : public CliTest {
 protected:
  // The records of those files, which must be the oracle's, with nothing left out.
  std::string Records(const HostLogs& logs) {
    const Finished run = Run(WriteFiles(logs.texts()), {"--workers", "2"});
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, RecordsOf(logs.texts()));
    int64_t verdicts = 0;
    for (const char* field : {"events", "late", "invalid", "future"}) verdicts += Sum(run.out, field);
    EXPECT_EQ(verdicts, static_cast<int64_t>(logs.records()));
    return run.out;
  }
};

// --- Flipped bits ---------------------------------------------------------------------------------------------

constexpr size_t kBits = 64;
constexpr size_t kUsableBits = 47;  // any higher one makes a time that is none

std::string Flipped(int64_t ts, size_t bit) { return std::to_string(static_cast<uint64_t>(ts) ^ uint64_t{1} << bit); }

class FlippedBitTest : public CliClocksTest, public testing::WithParamInterface<int64_t> {};

TEST_P(FlippedBitTest, InOneFrameInAHundredLosesNoOtherFrameWhicheverBitItIs) {
  const int64_t units = GetParam();
  HostLogs logs(kBits);  // a partition for each bit
  Random random(static_cast<uint64_t>(units));
  size_t wrong_times = 0;
  for (size_t bit = 0; bit < kBits; ++bit) {
    const size_t first = 1 + random.Below(100);
    for (size_t i = 0; i < 2'000; ++i) {
      // In order: a flip by a few seconds is plausible, and uses up the lateness that disorder would need.
      const int64_t ts = kStart + static_cast<int64_t>(i) / 8;
      if (i % 100 == first % 100) {
        logs.AddWrong(bit, Flipped(ts * units + random.Between(0, units - 1), bit));
        if (bit >= kUsableBits) ++wrong_times;
      } else {
        logs.AddRight(bit, ts, units);
      }
    }
  }
  const std::string records = Records(logs);
  EXPECT_EQ(logs.Lost(records), 0);
  EXPECT_EQ(Sum(records, "invalid"), static_cast<int64_t>(wrong_times));
  EXPECT_GT(Sum(records, "late"), 0);
  EXPECT_GT(Sum(records, "future"), 0);
}

INSTANTIATE_TEST_SUITE_P(Cli, FlippedBitTest, testing::Values(1, 1000),
                         [](const auto& param) { return param.param == 1 ? "OfSeconds" : "OfMilliseconds"; });

// A partition for each bit; every 150th right frame is followed by so many wrong ones in a row.
HostLogs Bursts(size_t length) {
  HostLogs logs(kUsableBits);
  for (size_t bit = 0; bit < kUsableBits; ++bit) {
    for (int64_t i = 0; i < 1'200; ++i) {
      const int64_t ts = kStart + i / 5;
      logs.AddRight(bit, ts);
      if (i % 150 != 149) continue;
      for (size_t k = 0; k < length; ++k) logs.AddWrong(bit, Flipped(ts, bit));
    }
  }
  return logs;
}

TEST_F(CliClocksTest, ABurstOfSixteenFramesWithAFlippedBitLosesNoOtherFrame) {
  for (const size_t length : {2U, 8U, 16U}) {
    SCOPED_TRACE(length);
    const HostLogs logs = Bursts(length);
    EXPECT_EQ(logs.Lost(Records(logs)), 0);
  }
}

TEST_F(CliClocksTest, ALongerBurstIsBelievedAndStillEveryFrameIsAccountedFor) {
  for (const size_t length : {17U, 40U, 300U}) {
    SCOPED_TRACE(length);
    const HostLogs logs = Bursts(length);
    EXPECT_GT(logs.Lost(Records(logs)), 0);  // so the test above could have failed
  }
}

// --- Hosts ----------------------------------------------------------------------------------------------------

// In every partition that share of the frames is by so much ahead.
HostLogs WithHost(double share, int64_t ahead_s) {
  constexpr size_t kPartitions = 4;
  HostLogs logs(kPartitions);
  Random random(static_cast<uint64_t>(share * 100) + static_cast<uint64_t>(ahead_s > 0));
  for (size_t p = 0; p < kPartitions; ++p) {
    for (int64_t i = 0; i < 6'000; ++i) {
      const int64_t ts = kStart + i / 10 - random.Between(0, 3);
      if (random.Chance(share)) {
        logs.AddWrong(p, std::to_string(ts + ahead_s));
      } else {
        logs.AddRight(p, ts);
      }
    }
  }
  return logs;
}

TEST_F(CliClocksTest, UpToOneHostInFiveMayBeAnHourAheadAndNoOtherFrameIsLost) {
  for (const double share : {0.01, 0.1, 0.2}) {
    SCOPED_TRACE(share);
    const HostLogs logs = WithHost(share, kHourS);
    const std::string records = Records(logs);
    EXPECT_EQ(logs.Lost(records), 0);
    EXPECT_GT(Sum(records, "future"), 0);
    EXPECT_EQ(Sum(records, "late"), 0);
  }
}

TEST_F(CliClocksTest, UpToOneHostInFiveMayBeADayBehindAndNoOtherFrameIsLost) {
  for (const double share : {0.01, 0.1, 0.2}) {
    SCOPED_TRACE(share);
    const HostLogs logs = WithHost(share, -kDayS);
    const std::string records = Records(logs);
    EXPECT_EQ(logs.Lost(records), 0);
    EXPECT_GT(Sum(records, "late"), 0);
  }
}

TEST_F(CliClocksTest, WhenHalfOfTheHostsAreAnHourAheadNobodyCanTellAndStillEveryFrameIsAccountedFor) {
  const HostLogs ahead = WithHost(0.5, kHourS);
  EXPECT_GT(ahead.Lost(Records(ahead)), 0);
  const HostLogs behind = WithHost(0.5, -kDayS);
  Records(behind);
}

// --- This host ------------------------------------------------------------------------------------------------

class CliHostClockTest : public CliClocksTest {
 protected:
  void SetUp() override {
    if (!HasCrashPoints()) GTEST_SKIP() << "built without test clocks";
  }
  ChildOptions WithClock() const {
    ChildOptions options;
    options.environment = {clock_.environment()};
    return options;
  }

  WallClockFile clock_;
};

TEST_F(CliHostClockTest, DecidesAtTheEndWhichHeldFramesAreOfTheFutureAndNothingElse) {
  constexpr int64_t kRight = kStart + 2 * kHourS;
  // What the clock would have to show for each to be counted is known to the second.
  std::string text;
  for (int64_t ts = kStart; ts < kStart + 60; ++ts) {
    text += "{\"uid\":\"a\",\"ts\":" + std::to_string(ts) + "}\n";
  }
  for (const int64_t clock : {kRight - kHourS, kRight, kRight + kHourS}) {
    for (const int64_t ahead : {5, 6}) {
      text += "{\"uid\":\"b" + std::to_string(ahead) + "\",\"ts\":" + std::to_string(clock + ahead) + "}\n";
    }
  }
  const std::map<int64_t, int64_t> future_by_clock = {{kRight - kHourS, 5}, {kRight, 3}, {kRight + kHourS, 1}};
  for (const auto& [now, future] : future_by_clock) {
    SCOPED_TRACE(now - kRight);
    clock_.StandsAt(now);
    const Finished run = Run(WriteFiles({text}), {}, WithClock());
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, RecordsOf(OracleCount({OracleLines(text)}, {}, now)));
    EXPECT_EQ(Sum(run.out, "future"), future);
    EXPECT_EQ(Sum(run.out, "events"), 66 - future);
  }
}

TEST_F(CliHostClockTest, MayBeSteppedBackAndForthWhileAPipeIsReadAndChangesNoByte) {
  GeneratorOptions options;
  options.seed = 71;
  options.frames = 6'000;
  options.users = 1'000;
  options.partitions = 1;
  options.frame_bytes = 300;
  options.delay_s = 4;
  options.damage = AllDamage(0.02);
  const std::string text = GenerateTexts(options)[0];
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed", WithClock());
  Random random(71);
  constexpr size_t kPieces = 12;
  for (size_t i = 0; i < kPieces; ++i) {
    feed.Write(text.substr(text.size() * i / kPieces, text.size() * (i + 1) / kPieces - text.size() * i / kPieces));
    clock_.RunsAheadBy(std::chrono::hours(random.Between(-40'000, 40'000)));
    // Long enough to be seen by every loop of the job.
    const size_t minutes = LinesIn(ClosedRecordsOf({text.substr(0, text.size() * (i + 1) / kPieces)}));
    EXPECT_TRUE(Eventually([&] { return LinesIn(job->Out()) >= minutes; }));
  }
  EXPECT_EQ(job->Out(), ClosedRecordsOf({text}));
  const JsonValue status = Status();
  EXPECT_EQ(NumberAt(status, {"writer", "restarts"}), 0);
  clock_.RunsAheadBy(std::chrono::seconds(0));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf({text}));
}

// The file says by the same clock when it was written: so a step makes it look old, or of the future, until it is
// written again, which it is each second of a clock that nobody sets.
TEST_F(CliHostClockTest, MakesHealthAskForAnotherLookAfterAStepAndNobodyIsRestarted) {
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed", WithClock());
  feed.Write("{\"uid\":\"a\",\"ts\":1468244400}\n");
  const auto health = [&] { return Headcount({"health"}, WithClock()); };
  ASSERT_TRUE(Eventually([&] { return Describe(health().status) == "exit 0"; }));
  const int64_t coordinator = NumberAt(Status(), {"coordinator", "pid"});
  const int64_t writer = NumberAt(Status(), {"writer", "pid"});
  for (const auto& [step, word] : {std::pair(std::chrono::hours(1), " s old"),  //
                                   std::pair(std::chrono::hours(-1), " s in the future")}) {
    SCOPED_TRACE(word);
    kill(static_cast<pid_t>(coordinator), SIGSTOP);  // nobody writes the file for a moment
    clock_.RunsAheadBy(step);
    const Finished stepped = health();
    kill(static_cast<pid_t>(coordinator), SIGCONT);
    EXPECT_EQ(Describe(stepped.status), "exit 1");
    EXPECT_NE(stepped.out.find(word), std::string::npos) << stepped.out;
    EXPECT_TRUE(Eventually([&] { return Describe(health().status) == "exit 0"; }));
  }
  EXPECT_EQ(NumberAt(Status(), {"coordinator", "pid"}), coordinator);
  EXPECT_EQ(NumberAt(Status(), {"writer", "pid"}), writer);
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
}

}  // namespace
}  // namespace headcount::test
