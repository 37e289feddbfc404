// What `headcount status` and `headcount health` make of a status file.
#include "coordinator/commands/status_command.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "coordinator/commands/health_command.h"

namespace headcount {
namespace {

constexpr int64_t kNowMs = 1'468'244'405'000;

StatusReport Running() {
  StatusReport report;
  report.state = "running";
  report.updated_at_ms = kNowMs - 400;
  report.run = "00c0ffee00c0ffee";
  report.coordinator_pid = 4710;
  report.writer = {4711, 2, 1};
  for (int32_t slot = 0; slot < 2; ++slot) {
    StatusReport::Worker worker;
    worker.slot = slot;
    worker.pid = 4712 + slot;
    worker.generation = 1;
    worker.partitions = {slot};
    report.workers.push_back(worker);
    StatusReport::Partition p;
    p.partition = slot;
    p.worker = slot;
    p.position = 120'000;
    p.end = 120'010;
    p.lag = 10;
    p.has_watermark = true;
    p.watermark = 1468244400;
    p.state = "reading";
    report.partitions.push_back(p);
  }
  report.totals.counted = 240'000;
  report.totals.invalid_by_reason[3] = 4;
  return report;
}

std::string Table(const StatusReport& report) { return StatusTable(report, kNowMs); }

TEST(StatusTable, SaysWhereNothingCanBeCommitted) {
  StatusReport report = Running();
  EXPECT_EQ(Table(report).find("commits"), std::string::npos);
  report.writer.committing_ms = 45'900;
  EXPECT_NE(Table(report).find("commits    none for 45 s although minutes are due: the log says why"),
            std::string::npos);
}

void ExpectFits(const std::string& table) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

// A file of an older headcount says nothing of it, and files have neither group nor broker.
TEST(StatusTable, ShowsOfTheJobWhatItKnows) {
  StatusReport report = Running();
  EXPECT_EQ(Table(report).find("job  "), std::string::npos);
  report.rule.input = "files";
  report.rule.output = "stdout";
  EXPECT_NE(Table(report).find("\njob        files -> stdout\nclosed "), std::string::npos) << Table(report);
  report.rule = {60, 5, 120, 10'000, 0, false, std::string(249, 'i'), std::string(249, 'o'), std::string(400, 'b'),
                 "g"};
  ExpectFits(Table(report));
}

TEST(StatusTable, ShowsProcessesPartitionsTheClockAndTotals) {
  StatusReport report = Running();
  report.has_closed_frontier = true;
  report.closed_frontier = 1468244340;
  report.held_by.push_back({1, "5 s behind partition 0"});
  report.rule = {60, 5, 120, 10'000, 0, false, "user_events", "event_metrics", "broker1:9092,broker2:9092", "july"};
  EXPECT_EQ(Table(report),
            R"(state      running, updated 0.4 s ago, run 00c0ffee00c0ffee
job        user_events -> event_metrics, group july
broker     broker1:9092,broker2:9092
closed     up to 2016-07-11T13:39:00Z, 0 published since the start
held by    partition 1: 5 s behind partition 0

PROCESS           PID   LIFE  RESTARTS  PARTITIONS           RECORDS/S    MEMORY
coordinator      4710
writer           4711      2         1
worker 0         4712      1         0  0                            0     0 MiB
worker 1         4713      1         0  1                            0     0 MiB

PARTITION  WORKER   POSITION        LAG  WATERMARK             HELD  STATE
0               0    120,000         10  2016-07-11T13:40:00Z     0  reading
1               1    120,000         10  2016-07-11T13:40:00Z     0  reading

records      240,004  read since the start, of which
events       240,000  counted in their own window
late               0  after their window was given up
invalid            4  no usable frame
                   4    not_json
future             0  ahead of a clock that nothing confirmed
)");
}

TEST(StatusTable, FitsEightyColumnsWhateverTheNumbers) {
  StatusReport report = Running();
  report.state = std::string(200, 's');
  report.coordinator_pid = 4194304;
  report.writer = {4194304, UINT64_MAX, UINT64_MAX};
  report.workers.clear();
  report.partitions.clear();
  for (int32_t i = 0; i < 300; ++i) {
    StatusReport::Worker worker;
    worker.slot = i;
    worker.pid = 4194304;
    worker.generation = worker.restarts = worker.records = worker.memory_bytes = UINT64_MAX - 10;
    worker.records_per_s = 1e300;
    for (int32_t p = 0; p < i; ++p) worker.partitions.push_back(p * 1000);
    report.workers.push_back(worker);
    StatusReport::Partition partition;
    partition.partition = 1'000'000 + i;
    partition.worker = i;
    partition.position = partition.end = partition.lag = partition.watermark = INT64_MAX;
    partition.has_watermark = true;
    partition.held = 100;
    partition.state = "caught_up";
    partition.idle_reason = "max_hold";
    report.partitions.push_back(partition);
    report.held_by.push_back({i, std::string(200, 'w')});
  }
  report.totals.counted = UINT64_MAX;
  report.lost = report.waiting = 1;
  ExpectFits(Table(report));
}

TEST(StatusTable, ShowsTheSlowestOfManyPartitions) {
  StatusReport report = Running();
  report.partitions.clear();
  for (int32_t i = 0; i < 1000; ++i) {
    StatusReport::Partition p;
    p.partition = i;
    p.has_watermark = i != 777;
    p.watermark = 1468244400 + i;
    p.state = "reading";
    report.partitions.push_back(p);
  }
  const std::string table = Table(report);
  EXPECT_NE(table.find("\n777 "), std::string::npos) << "without a watermark it is the slowest of all";
  EXPECT_NE(table.find("\n0 "), std::string::npos);
  EXPECT_EQ(table.find("\n999 "), std::string::npos);
  EXPECT_NE(table.find("and 960 more"), std::string::npos);
}

TEST(StatusTable, OfAJobThatHasJustBegunSaysWhatIsNotKnownYet) {
  StatusReport report;
  report.state = "starting";
  report.updated_at_ms = kNowMs - 120'000;
  const std::string table = Table(report);
  ExpectFits(table);
  EXPECT_NE(table.find("updated 2 min ago"), std::string::npos);
  EXPECT_NE(table.find("no minute yet"), std::string::npos);
}

HealthOptions Asking(bool ready) { return HealthOptions{ready, 15'000, "f.json"}; }

TEST(Health, AJobWithAFreshFileIsAliveAndReady) {
  for (const bool ready : {false, true}) {
    const Health health = HealthOf(Running(), Asking(ready), kNowMs);
    EXPECT_TRUE(health.well) << health.why;
    EXPECT_NE(health.why.find("running, 2 workers, 2 partitions"), std::string::npos) << health.why;
  }
}

TEST(Health, AnOldFileOrOneFromTheFutureIsNoSignOfLife) {
  StatusReport report = Running();
  report.updated_at_ms = kNowMs - 15'000;
  EXPECT_TRUE(HealthOf(report, Asking(false), kNowMs).well);
  report.updated_at_ms = kNowMs - 15'001;
  EXPECT_FALSE(HealthOf(report, Asking(false), kNowMs).well);
  EXPECT_NE(HealthOf(report, Asking(false), kNowMs).why.find("f.json is 15 s old"), std::string::npos);
  report.updated_at_ms = kNowMs + 60'000;
  EXPECT_FALSE(HealthOf(report, Asking(false), kNowMs).well);
}

TEST(Health, AFailedJobIsNotWellHoweverFresh) {
  StatusReport report = Running();
  report.state = "failed";
  EXPECT_FALSE(HealthOf(report, Asking(false), kNowMs).well);
}

TEST(Health, AStartingJobIsAliveButNotReady) {
  StatusReport report = Running();
  report.state = "starting";
  EXPECT_TRUE(HealthOf(report, Asking(false), kNowMs).well);
  EXPECT_FALSE(HealthOf(report, Asking(true), kNowMs).well);
  EXPECT_EQ(HealthOf(report, Asking(true), kNowMs).why, "not ready: the job is starting");
}

TEST(Health, AWorkerThatHasPartitionsAndDoesNotRunMakesTheJobNotReady) {
  StatusReport report = Running();
  report.workers[1].pid = 0;
  EXPECT_TRUE(HealthOf(report, Asking(false), kNowMs).well);
  EXPECT_EQ(HealthOf(report, Asking(true), kNowMs).why, "not ready: worker 1 is not running");
  report.workers[1].partitions.clear();
  EXPECT_TRUE(HealthOf(report, Asking(true), kNowMs).well) << "a slot without partitions has nothing to do";
}

TEST(Health, APartitionWhoseLeaderWasNotHeardMakesTheJobNotReady) {
  StatusReport report = Running();
  report.partitions[1].state = "unknown";
  EXPECT_EQ(HealthOf(report, Asking(true), kNowMs).why,
            "not ready: nothing was heard yet from the leader of partition 1");
}

TEST(Health, AJobThatCannotCommitForLongIsAliveButNotReady) {
  StatusReport report = Running();
  report.writer.committing_ms = 29'900;
  EXPECT_TRUE(HealthOf(report, Asking(true), kNowMs).well);
  report.writer.committing_ms = 45'900;
  EXPECT_TRUE(HealthOf(report, Asking(false), kNowMs).well);
  EXPECT_EQ(HealthOf(report, Asking(true), kNowMs).why,
            "not ready: what is due could not be committed for 45 s; the log says why");
}

TEST(Health, AJobThatIsDoneIsReadyWhileItsFileIsFresh) {
  StatusReport report = Running();
  report.state = "done";
  report.workers[0].pid = report.workers[1].pid = 0;
  EXPECT_TRUE(HealthOf(report, Asking(true), kNowMs).well);
}

TEST(Health, WithoutAFileIsOneLineAndExitCodeOne) {
  HealthOptions options = Asking(false);
  options.status_file = "/nonexistent/status.json";
  testing::internal::CaptureStdout();
  EXPECT_EQ(RunHealth(options), 1);
  const std::string line = testing::internal::GetCapturedStdout();
  EXPECT_NE(line.find("/nonexistent/status.json"), std::string::npos);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace headcount
