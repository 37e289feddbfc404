// A frame that kills whoever decodes it costs two lives of its worker, and nothing else.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
constexpr char kMark[] = "poison-of-this-test";
const Environment kPoisoned = {{"HEADCOUNT_POISON_MARK", kMark}};
const CountingRule kRule{10, 5, 5};

class JobPoison : public testing::Test {
 protected:
  void SetUp() override {
#ifndef HEADCOUNT_CRASH_POINTS
    GTEST_SKIP() << "built without crash points";
#endif
  }

  // Poison in partition 1, and one frame more of it in partition 3, which is of another worker or the same.
  static std::vector<OracleLog> PoisonedLogs() {
    std::vector<OracleLog> logs = HostileLogs(31, 8'000, 4, 6);
    logs[1][logs[1].size() / 2] = Frame(kStart + 180, kMark);
    logs[3][logs[3].size() / 3] = Frame(kStart + 120, kMark);
    return logs;
  }

  static std::ptrdiff_t PoisonIn(const OracleLog& log) {
    return std::find_if(log.begin(), log.end(),
                        [](const auto& value) { return value && value->find(kMark) != std::string::npos; }) -
           log.begin();
  }

  // What is right when those frames are invalid.
  static OracleCounts Right(const std::vector<OracleLog>& logs) {
    std::vector<OraclePartition> partitions(logs.size(), OraclePartition(kRule));
    std::vector<const OraclePartition*> all;
    for (size_t p = 0; p < logs.size(); ++p) {
      for (const auto& value : logs[p]) {
        if (value && value->find(kMark) != std::string::npos) {
          partitions[p].Invalid(InvalidReason::kPoison);
        } else {
          partitions[p].Record(value);
        }
      }
      partitions[p].End(NowS());
      all.push_back(&partitions[p]);
    }
    return OracleUnion(all);
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobPoison, AFrameThatKillsTheDecoderTwiceIsInvalidAndAllElseIsExact) {
  Job job(broker_, 4, {"--workers", "2", "--window", "10s"});
  job.ProduceAll(PoisonedLogs());
  job.RunUntilEnd({}, kPoisoned);
  EXPECT_EQ(job.Published(), RecordsOf(Right(job.logs()), kRule));
  const std::optional<JobStatus> status = job.Status();
  EXPECT_EQ(status->Number("totals.invalid_reasons.poison"), 2);
  EXPECT_EQ(status->Worker(0, "restarts"), 0);
  EXPECT_EQ(status->Worker(1, "restarts"), 4);
  for (const size_t p : {size_t{1}, size_t{3}}) {
    const std::string name = "partition " + std::to_string(p) + " of topic " + job.input() + ", offset " +
                             std::to_string(PoisonIn(job.logs()[p]));
    EXPECT_NE(job.process().Err().find(name + ": counted as invalid (poison)"), std::string::npos) << name;
  }
  EXPECT_EQ(job.process().Err().find(kMark), std::string::npos) << "a frame stands in the log";
}

TEST_F(JobPoison, PoisonStaysInvalidWhenAWorkerIsKilledAndReadsItAgain) {
  Job job(broker_, 4, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  job.ProduceAll(PoisonedLogs());
  job.Start({}, kPoisoned);
  int64_t all = 0;
  for (const OracleLog& log : job.logs()) all += static_cast<int64_t>(log.size());
  ASSERT_TRUE(job.Shows([all](const JobStatus& s) { return s.Reached() == all; }));
  kill(job.WorkerPid(1), SIGKILL);
  EXPECT_TRUE(job.Shows([](const JobStatus& s) { return s.Worker(1, "restarts") == 5 && s.Worker(1, "pid") > 0; }));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd({}, kPoisoned);
  EXPECT_EQ(job.Published(), RecordsOf(Right(job.logs()), kRule));
}

TEST_F(JobPoison, PoisonStaysInvalidWhenTheWriterDiesAndThenEverybody) {
  Job job(broker_, 4, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"});
  job.ProduceAll(PoisonedLogs());
  job.Start({}, kPoisoned);
  int64_t all = 0;
  for (const OracleLog& log : job.logs()) all += static_cast<int64_t>(log.size());
  const auto has_read = [all](const JobStatus& s) { return s.Text("state") == "running" && s.Reached() == all; };
  ASSERT_TRUE(job.Shows(has_read));
  const int64_t restarts = job.Status()->Worker(1, "restarts");
  kill(job.WriterPid(), SIGKILL);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("writer.restarts") == 1; }));
  ASSERT_TRUE(job.Shows(has_read));
  EXPECT_EQ(job.Status()->Worker(1, "restarts"), restarts + 1) << "it has not been decoded again";
  job.Kill();
  job.RunUntilEnd({}, kPoisoned);
  EXPECT_EQ(job.Published(), RecordsOf(Right(job.logs()), kRule));
}

TEST_F(JobPoison, PoisonThatWasCommittedIsNotDecodedAgainByTheNextRun) {
  Job job(broker_, 1, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h"});
  // It stands in a window that stays open, behind others that are closed.
  OracleLog log = Seconds(kStart, kStart + 38, 3, "a");
  log.push_back(Frame(kStart + 38, kMark));
  const OracleLog tail = Seconds(kStart + 38, kStart + 44, 3, "a");
  log.insert(log.end(), tail.begin(), tail.end());
  job.Produce(0, log);
  job.Start({}, kPoisoned);
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.ClosedUpto() == kStart + 30; }));
  job.Kill();
  job.RunUntilEnd({}, kPoisoned);
  EXPECT_EQ(job.Status()->Worker(0, "restarts"), 0);
  EXPECT_EQ(job.Published(), RecordsOf(Right(job.logs()), kRule));
}

}  // namespace
}  // namespace headcount::test
