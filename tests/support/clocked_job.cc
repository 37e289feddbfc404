#include "tests/support/clocked_job.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/random.h"

namespace headcount::test {
namespace {

constexpr int64_t kHourS = 3600;

Arguments WithDefaults(const Arguments& more) {
  Arguments words = {"--workers", "2", "--idle-timeout", "300ms"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

ClockedJob::ClockedJob(const TestBroker& broker, int32_t partitions, int64_t clock_s, const Arguments& arguments)
    : job_(broker, partitions, WithDefaults(arguments)),
      producer_(broker, TestBroker::UniqueName("frames")),
      partitions_(static_cast<size_t>(partitions), OraclePartition(rule_)),
      ends_(static_cast<size_t>(partitions)) {
  SetClock(clock_s);
}

void ClockedJob::SetClock(int64_t unix_s) {
  clock_s_ = unix_s;
  clock_.StandsAt(unix_s);
}

void ClockedJob::Produce(const std::vector<OracleLog>& logs) {
  producer_.Begin();
  for (size_t p = 0; p < logs.size(); ++p) {
    if (logs[p].empty()) continue;
    producer_.Produce(job_.input(), static_cast<int32_t>(p), logs[p]);
    for (const auto& value : logs[p]) partitions_[p].Record(value);
    // The control record that will end the transaction is written some time after the commit.
    ends_[p] += static_cast<int64_t>(logs[p].size()) + 1;
  }
  producer_.Commit();
}

bool ClockedJob::IsSilent(const JobStatus& status) const {
  if (status.Count("partitions") < ends_.size()) return false;
  for (size_t p = 0; p < ends_.size(); ++p) {
    const auto partition = static_cast<int32_t>(p);
    if (status.Partition(partition, "position") != ends_[p] || status.Excused(partition).empty()) return false;
  }
  return true;
}

bool ClockedJob::HasCommitted(int64_t boundary_s) const {
  for (const CommittedOffset& committed : job_.Committed()) {
    const Result<CommittedPoint> point = ParsePointText(committed.metadata);
    if (!point || point->header.closed_upto < WindowStart(boundary_s)) return false;
  }
  return true;
}

void ClockedJob::Settle() {
  ASSERT_TRUE(job_.Shows([this](const JobStatus& status) { return IsSilent(status); }))
      << "not all became silent: " << ReadFile(job_.status_file());
  const WindowStart sealable = rule_.SealableBy(EventTime(clock_s_));
  if (sealable.is_set()) closed_upto_s_ = std::max(closed_upto_s_, sealable.seconds());
  ASSERT_TRUE(Eventually([this] { return HasCommitted(closed_upto_s_); })) << "not closed up to " << closed_upto_s_;
  for (OraclePartition& p : partitions_) {
    p.End(clock_s_);
    p.RaiseClock(closed_upto_s_);
  }
}

void ClockedJob::KillWorker(int32_t slot) {
  const pid_t killed = job_.WorkerPid(slot);
  kill(killed, SIGKILL);
  EXPECT_TRUE(job_.Shows([&](const JobStatus& s) {
    const int64_t pid = s.Worker(slot, "pid");
    return pid != killed && pid > 0;
  }));
}

void ClockedJob::KillWriter() {
  const pid_t killed = job_.WriterPid();
  kill(killed, SIGKILL);
  EXPECT_TRUE(job_.Shows([&](const JobStatus& s) {
    const int64_t pid = s.Number("writer.pid");
    return pid != killed && pid > 0 && s.Text("state") == "running";
  }));
}

void ClockedJob::KillCoordinator() {
  job_.Kill();
  Start();
}

void ClockedJob::RunUntilEnd() {
  job_.RunUntilEnd({}, {clock_.environment()});
  for (OraclePartition& p : partitions_) p.End(clock_s_);
  closed_upto_s_ = INT64_MAX;
}

std::vector<std::string> ClockedJob::Right() const {
  std::vector<const OraclePartition*> pointers;
  for (const OraclePartition& p : partitions_) pointers.push_back(&p);
  OracleCounts counts = OracleUnion(pointers);
  const auto is_open = [this](const OracleMinute& minute) { return minute.window_start >= closed_upto_s_; };
  counts.minutes.erase(std::remove_if(counts.minutes.begin(), counts.minutes.end(), is_open), counts.minutes.end());
  return RecordsOf(counts, rule_);
}

std::vector<CommittedPoint> ClockedJob::Points() const {
  std::vector<CommittedPoint> points;
  for (const CommittedOffset& committed : job_.Committed()) {
    Result<CommittedPoint> point = ParsePointText(committed.metadata);
    EXPECT_TRUE(point.ok()) << committed.metadata;
    points.push_back(point ? *point : CommittedPoint{});
  }
  return points;
}

// --- Silences ---------------------------------------------------------------------------------------------------

namespace {

// Frames of one partition for the minute that begins at `minute_s`, up to which all is closed. None of them lets
// another boundary pass: accepted ones lie less than a minute and the lateness after it, and those that lie further
// ahead are too few to be believed.
OracleLog HostileRound(Random* random, int64_t minute_s) {
  OracleLog log;
  const int64_t count = random->Chance(0.2) ? 0 : random->Between(1, 60);
  const int64_t reaches_s = random->Between(5, 64);
  int64_t far = 0;
  for (int64_t i = 0; i < count; ++i) {
    const std::string uid = "u" + std::to_string(random->Below(100));
    const double kind = random->Unit();
    if (kind < 0.70) {
      log.push_back(Frame(minute_s + reaches_s * i / count, uid));
    } else if (kind < 0.80) {
      log.push_back(Frame(minute_s + random->Between(0, 64), uid));  // may have to be held
    } else if (kind < 0.88) {
      log.push_back(Frame(minute_s - random->Between(1, 2 * kHourS), uid));
    } else if (kind < 0.93 && far < 10) {
      ++far;
      log.push_back(Frame(minute_s + 30 * kHourS + random->Between(0, 1'000'000'000), uid));
    } else if (kind < 0.97) {
      log.push_back("no frame");
    } else {
      log.push_back(std::nullopt);
    }
  }
  return log;
}

void KillOne(ClockedJob* job, Random* random) {
  switch (random->Below(4)) {
    case 0: return job->KillWorker(0);
    case 1: return job->KillWorker(1);
    case 2: return job->KillWriter();
    default: return job->KillCoordinator();
  }
}

}  // namespace

uint64_t LiveThroughSilences(ClockedJob* job, uint64_t seed, int rounds, Deaths deaths) {
  Random random(seed);
  uint64_t killed = 0;
  const size_t partitions = job->job().logs().size();
  int64_t minute_s = job->closed_upto();
  for (int round = 0; round < rounds && !testing::Test::HasFatalFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    // 0 to 2: before, within, after the silence; else nobody dies in this round.
    const uint64_t death = deaths == Deaths::kAny ? random.Below(4) : 3;
    const auto perhaps_kill = [&](uint64_t moment) {
      if (death != moment) return;
      KillOne(job, &random);
      ++killed;
    };
    // Where somebody dies before the silence is committed, it is found again by a clock that may have been stepped
    // meanwhile: then the first one must be one that gives the same answers.
    const bool is_right = death < 2 || random.Chance(0.5);
    job->SetClock(is_right ? minute_s + random.Between(59, 64)
                           : minute_s + random.Between(0, 58) - random.Between(0, 2) * kHourS);
    std::vector<OracleLog> logs(partitions);
    for (OracleLog& log : logs) log = HostileRound(&random, minute_s);
    job->Produce(logs);
    perhaps_kill(0);
    job->Settle();
    perhaps_kill(1);
    // The end of this minute, or of the next ones too: a clock that is fast.
    job->SetClock(minute_s + 65 + (random.Chance(0.3) ? random.Between(0, 2 * kHourS) : 0));
    job->Settle();
    minute_s = job->closed_upto();
    // Back again: nothing that was decided is decided anew.
    job->SetClock(minute_s - random.Between(0, 3) * kHourS);
    perhaps_kill(2);
  }
  return killed;
}

}  // namespace headcount::test
