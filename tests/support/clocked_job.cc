#include "tests/support/clocked_job.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/support/random.h"

namespace headcount::test {
namespace {

constexpr int64_t kHourS = 3600;

Arguments WithDefaults(const Arguments& more) {
  Arguments words = more;
  for (const auto& [option, value] : {std::pair("--workers", "2"), std::pair("--idle-timeout", "300ms")}) {
    if (std::find(more.begin(), more.end(), option) != more.end()) continue;
    words.insert(words.end(), {option, value});
  }
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
    if (status.Partition(partition, "position") != ends_[p] || status.Idle(partition).empty()) return false;
  }
  return true;
}

bool ClockedJob::HasCommitted(int64_t boundary_s) const {
  for (const CommittedOffset& committed : job_.Committed()) {
    const Result<CommitMetadata> point = ParseCommitMetadata(committed.metadata);
    if (!point || point->header.closed_frontier < WindowStart(boundary_s)) return false;
  }
  return true;
}

void ClockedJob::Settle() {
  ASSERT_TRUE(job_.Shows([this](const JobStatus& status) { return IsSilent(status); }))
      << "not all became silent: " << ReadFile(job_.status_file());
  // The clock closes what it has passed by, as far as there is anything, and nothing beyond.
  const WindowStart passed = rule_.SealableBy(EventTime(clock_s_));
  for (OraclePartition& p : partitions_) {
    p.End(clock_s_);
    for (const auto& [start, window] : p.windows()) {
      if (WindowStart(start) < passed) closed_frontier_s_ = std::max(closed_frontier_s_, start + rule_.window_s);
    }
  }
  if (closed_frontier_s_ == 0) return;
  ASSERT_TRUE(Eventually([this] { return HasCommitted(closed_frontier_s_); }))
      << "not closed up to " << closed_frontier_s_;
  EXPECT_EQ(Points()[0].header.closed_frontier, WindowStart(closed_frontier_s_));
  for (OraclePartition& p : partitions_) p.RaiseClock(closed_frontier_s_);
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

void ClockedJob::Restart() {
  EXPECT_EQ(Describe(job_.Drain().value_or(ExitStatus{})), "exit 0");
  Start();
}

void ClockedJob::RunUntilEnd() {
  job_.RunUntilEnd({"--publish-open"}, {clock_.environment()});
  for (OraclePartition& p : partitions_) p.End(clock_s_);
  closed_frontier_s_ = INT64_MAX;
}

std::vector<std::string> ClockedJob::Right() const {
  std::vector<const OraclePartition*> pointers;
  for (const OraclePartition& p : partitions_) pointers.push_back(&p);
  OracleCounts counts = OracleUnion(pointers);
  const auto is_open = [this](const OracleMinute& minute) { return minute.window_start >= closed_frontier_s_; };
  counts.minutes.erase(std::remove_if(counts.minutes.begin(), counts.minutes.end(), is_open), counts.minutes.end());
  return RecordsOf(counts, rule_);
}

std::vector<CommitMetadata> ClockedJob::Points() const {
  std::vector<CommitMetadata> points;
  for (const CommittedOffset& committed : job_.Committed()) {
    Result<CommitMetadata> point = ParseCommitMetadata(committed.metadata);
    EXPECT_TRUE(point.ok()) << committed.metadata;
    points.push_back(point ? *point : CommitMetadata{});
  }
  return points;
}

// --- Silences ---------------------------------------------------------------------------------------------------

namespace {

class Silences {
 public:
  Silences(ClockedJob* job, uint64_t seed) : job_(*job), random_(seed) {}

  // A quiet minute, so that every partition has a clock at the end of it.
  void Begin() {
    minute_s_ = CountingRule().SealableBy(EventTime(job_.clock_s())).seconds();
    job_.Produce(std::vector<OracleLog>(job_.job().logs().size(), Seconds(minute_s_ - 30, minute_s_ - 10, 1, "first")));
    job_.Settle();
    EXPECT_EQ(job_.closed_frontier(), minute_s_);
  }

  // One minute: some silences within it, then one by a clock that closes it.
  void LiveThroughMinute() {
    minute_s_ = std::max(minute_s_, job_.closed_frontier());
    for (int64_t i = random_.Between(1, 3); i > 0 && !testing::Test::HasFatalFailure(); --i) {
      if (!LiveThroughSilence()) break;
    }
    // Its end, or that of later ones too: a clock that is fast.
    job_.SetClock(minute_s_ + 65 + (random_.Chance(0.3) ? random_.Between(0, 2 * kHourS) : 0));
    job_.Settle();
    StepBack(minute_s_ + 60);
    if (random_.Chance(0.3)) KillOne();
  }
  uint64_t killed() const { return killed_; }

 private:
  // Answers whether the silence is committed, though the minute is not closed.
  bool LiveThroughSilence() {
    // One that no commit tells of is found again after a death, by whatever clock there is then: so only one may die
    // that was settled as any later clock would.
    const bool dies_before = random_.Chance(0.2);
    const bool dies_after = !dies_before && random_.Chance(0.2);
    const bool is_right = dies_before || dies_after || random_.Chance(0.3);
    job_.SetClock(minute_s_ + (is_right ? random_.Between(59, 64) : random_.Between(0, 58) - SomeHours()));
    std::vector<OracleLog> logs(job_.job().logs().size());
    for (OracleLog& log : logs) log = HostileFrames();
    job_.Produce(logs);
    if (dies_before) KillOne();
    job_.Settle();
    if (dies_after) KillOne();
    if (dies_before || dies_after || random_.Chance(0.3)) return false;
    // Now it is committed, and a clock that says something else changes nothing.
    job_.Restart();
    StepBack(minute_s_ + 58);
    if (random_.Chance(0.5)) KillOne();
    return true;
  }

  // Frames of one partition for this minute. None of them lets another boundary pass: accepted ones lie less than a
  // minute and the lateness after its begin, and those that lie further ahead are too few to be believed.
  OracleLog HostileFrames() {
    OracleLog log;
    const int64_t count = random_.Chance(0.2) ? 0 : random_.Between(1, 60);
    const int64_t reaches_s = random_.Between(5, 64);
    int64_t far = 0;
    for (int64_t i = 0; i < count; ++i) {
      const std::string uid = "u" + std::to_string(random_.Below(100));
      const double kind = random_.Unit();
      if (kind < 0.55) {
        log.push_back(Frame(minute_s_ + reaches_s * i / count, uid));
      } else if (kind < 0.78) {
        log.push_back(Frame(minute_s_ + random_.Between(0, 64), uid));  // may have to be held
      } else if (kind < 0.88) {
        log.push_back(Frame(minute_s_ - random_.Between(1, 2 * kHourS), uid));
      } else if (kind < 0.93 && far < 10) {
        ++far;
        log.push_back(Frame(minute_s_ + 30 * kHourS + random_.Between(0, 1'000'000'000), uid));
      } else if (kind < 0.97) {
        log.push_back("no frame");
      } else {
        log.push_back(std::nullopt);
      }
    }
    return log;
  }

  void StepBack(int64_t from_s) { job_.SetClock(from_s - SomeHours()); }
  int64_t SomeHours() { return random_.Between(0, 3) * kHourS; }

  void KillOne() {
    ++killed_;
    switch (random_.Below(4)) {
      case 0: return job_.KillWorker(0);
      case 1: return job_.KillWorker(1);
      case 2: return job_.KillWriter();
      default: return job_.KillCoordinator();
    }
  }

  ClockedJob& job_;
  Random random_;
  int64_t minute_s_ = 0;  // up to which all is closed
  uint64_t killed_ = 0;
};

}  // namespace

uint64_t LiveThroughSilences(ClockedJob* job, uint64_t seed, int minutes) {
  Silences silences(job, seed);
  silences.Begin();
  for (int minute = 0; minute < minutes && !testing::Test::HasFatalFailure(); ++minute) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", minute " + std::to_string(minute));
    silences.LiveThroughMinute();
  }
  return silences.killed();
}

}  // namespace headcount::test
