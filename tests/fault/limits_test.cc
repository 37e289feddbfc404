// Jobs as large as they may be, and frames that hang their decoder. Each takes ten seconds or more.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fault/fault_table.h"

namespace headcount::test {
namespace {

using std::chrono::duration;
using std::chrono::minutes;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

class Limits : public testing::Test {
 protected:
  static void Note(const std::string& what, Clock::time_point since) {
    std::cout << what << ": " << duration<double>(Clock::now() - since).count() << " s\n";
  }
  static int64_t MemoryOf(const JobStatus& status) {
    int64_t bytes = 0;
    for (size_t s = 0; s < status.Count("workers"); ++s)
      bytes += status.Worker(static_cast<int32_t>(s), "memory_bytes");
    return bytes;
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// Two workers see six million each, of which they share two.
TEST_F(Limits, AMinuteOfTenMillionUsersIsCountedExactly) {
  constexpr int64_t kUsers = 10'000'000;
  constexpr int64_t kEach = 6'000'000;
  const TempDir dir;
  for (const int64_t first : {int64_t{0}, kUsers - kEach}) {
    std::ofstream file(dir / ("in-" + std::to_string(first)));
    for (int64_t i = 0; i < kEach; ++i) {
      file << R"({"ts":)" << kStart + i * 60 / kEach << R"(,"uid":)" << 1'000'000'000 + first + i << "}\n";
    }
  }
  const Clock::time_point begun = Clock::now();
  ChildOptions options;
  options.directory = dir.path();
  ChildProcess job(HEADCOUNT_BINARY_DIR "/headcount",
                   {"run", "--workers", "2", "--input", "in-0", "in-" + std::to_string(kUsers - kEach)}, options);
  int64_t memory = 0;
  while (!job.Wait(std::chrono::milliseconds(500)) && Clock::now() - begun < minutes(3)) {
    if (std::optional<JsonValue> root = ReadJson(ReadFile(dir / "headcount.status.json"))) {
      memory = std::max(memory, MemoryOf(JobStatus(std::move(*root))));
    }
  }
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 0") << job.Err();
  Note("a minute of 10,000,000 users, " + std::to_string(memory >> 20) + " MiB of distinct tables", begun);
  EXPECT_EQ(job.Err().find("action=restart"), std::string::npos) << job.Err();
  OracleMinute minute;
  minute.window_start = kStart;
  minute.unique_users = kUsers;
  minute.events = 2 * kEach;
  Report({"a minute of 10,000,000 users",
          1,
          1,
          Compare({job.Out().substr(0, job.Out().find('\n'))}, {OracleJson(minute, 60)}),
          {}});
}

TEST_F(Limits, AHundredThousandWindowsAreReadFromKafkaThroughDeaths) {
  constexpr int64_t kWindows = 100'000;
  const CountingRule rule{1, 5, 5};
  Job job(broker_, 2, {"--workers", "2", "--window", "1s"});
  for (int32_t p = 0; p < 2; ++p) job.Produce(p, Seconds(kStart, kStart + kWindows, 1, p == 0 ? "a" : "b"));
  const Clock::time_point begun = Clock::now();
  job.Start({"--until-end"});
  uint64_t kills = 0;
  for (int32_t slot = 0; slot < 2; ++slot) {
    const int64_t next = (slot + 1) * kWindows / 2;
    if (!job.Shows([next](const JobStatus& s) { return s.Reached() > next; })) break;
    const int64_t pid = job.Status()->Worker(slot, "pid");
    if (pid > 0 && kill(static_cast<pid_t>(pid), SIGKILL) == 0) ++kills;
  }
  EXPECT_EQ(Describe(job.Wait(minutes(3)).value_or(ExitStatus{})), "exit 0");
  Note("100,000 windows", begun);
  const std::vector<std::string> right = RightRecords(job.logs(), rule);
  Report({"100,000 windows in a backfill, workers killed", kills, right.size(), Compare(job.Published(), right), {}});
}

// Their safe points, with what is held and what waits, go in one transaction: four requests of 250.
TEST_F(Limits, AThousandPartitionsAreReadThroughTheDeathsOfAWorkerAndTheWriter) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  constexpr int32_t kPartitions = 1'000;
  Job job(broker_, kPartitions, {"--workers", "2", "--window", "10s"});
  job.ProduceAll(HostileLogs(91, 100'000, kPartitions, 2));
  const Clock::time_point begun = Clock::now();
  // The first transaction is the claim; in the second, with all offsets sent, the writer dies.
  const std::string died = job.File("died").string();
  job.Start({"--until-end"}, {{"HEADCOUNT_CRASH_POINT", "writer.offsets_sent*2"}, {"HEADCOUNT_CRASH_ONCE", died}});
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Reached() > 5'000; }));
  uint64_t kills = 1;
  const int64_t pid = job.Status()->Worker(1, "pid");
  if (pid > 0 && kill(static_cast<pid_t>(pid), SIGKILL) == 0) ++kills;
  EXPECT_EQ(Describe(job.Wait(minutes(3)).value_or(ExitStatus{})), "exit 0");
  Note("1,000 partitions", begun);
  EXPECT_TRUE(std::filesystem::exists(died));
  EXPECT_EQ(job.process().Err().find("timed out: disconnect"), std::string::npos) << "too many requests at once";
  const std::vector<std::string> right = RightRecords(job.logs(), kRule);
  Report({"1,000 partitions, worker and writer killed", kills, right.size(), Compare(job.Published(), right), {}});
  for (const CommittedOffset& point : job.Committed()) {
    ASSERT_EQ(point.offset, static_cast<int64_t>(job.logs()[static_cast<size_t>(point.partition)].size()));
    ASSERT_FALSE(point.metadata.empty());
  }
}

// No signal of its own: the worker stands still in the decoder until its heartbeat is missed, twice.
TEST_F(Limits, AFrameThatHangsTheDecoderTwiceIsInvalid) {
#ifndef HEADCOUNT_CRASH_POINTS
  GTEST_SKIP() << "built without crash points";
#endif
  const std::string mark = "hangs-in-this-test";
  Job job(broker_, 2, {"--workers", "2", "--window", "10s"});
  std::vector<OracleLog> logs = HostileLogs(92, 6'000, 2, 5);
  const size_t at = logs[1].size() / 2;
  logs[1][at] = Frame(kStart + 150, mark);
  job.ProduceAll(logs);
  job.Start({"--until-end"}, {{"HEADCOUNT_STOP_MARK", mark}});
  EXPECT_EQ(Describe(job.Wait(minutes(2)).value_or(ExitStatus{})), "exit 0");
  const std::string err = job.process().Err();
  EXPECT_NE(err.find("cause=heartbeat"), std::string::npos);
  EXPECT_NE(err.find("partition 1 of topic " + job.input() + ", offset " + std::to_string(at) +
                     ": counted as invalid (poison)"),
            std::string::npos);
  EXPECT_EQ(job.Status()->Worker(1, "restarts"), 2);
  // An invalid frame of another reason stands for it: the numbers of a minute do not tell reasons apart.
  logs[1][at] = "no frame";
  const std::vector<std::string> right = RightRecords(logs, kRule);
  Report({"decoder hung by a frame", 2, right.size(), Compare(job.Published(), right), {}});
}

// Its deletion is found in the middle of a commit, whose records are no error to the client until their time is up.
TEST_F(Limits, AnOutputTopicThatIsDeletedBeforeACommitIsNamed) {
  Job job(broker_, 1, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h"});
  job.Produce(0, Seconds(kStart, kStart + 20, 3, "a"));
  job.Start();
  ASSERT_TRUE(job.Publishes(1));
  kill(job.WriterPid(), SIGSTOP);
  broker_.DeleteTopic(job.output());
  job.Produce(0, Seconds(kStart + 20, kStart + 60, 3, "a"));
  EXPECT_TRUE(job.Shows([&](const JobStatus& s) { return s.Reached() == 180; }));
  kill(job.WriterPid(), SIGCONT);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_NE(job.process().Err().find("there is no topic " + job.output()), std::string::npos);
}

}  // namespace
}  // namespace headcount::test
