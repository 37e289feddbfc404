// A streaming job whose wall clock stands where the test says, and the oracle beside it, led along move by move: so
// what silences decide is known beforehand, to the frame. Runs in tests; needs crash points compiled in.
//
// What comes in between two silences appears in each partition at once (a transaction), so that no silence can be
// found in the middle of it, however slow the machine. It may move no clock over a boundary: then it does not matter
// which partition is read first either.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/judge/commit_metadata.h"
#include "tests/support/job_testing.h"
#include "tests/support/wall_clock_file.h"

namespace headcount::test {

class ClockedJob {
 public:
  // Two workers, and silence after 300 ms, unless the arguments say otherwise.
  ClockedJob(const TestBroker& broker, int32_t partitions, int64_t clock_s, const Arguments& arguments = {});

  void Start() { job_.Start({}, {clock_.environment()}); }
  // The time that all processes of the job see from now on.
  void SetClock(int64_t unix_s);
  // By partition; missing ones get nothing.
  void Produce(const std::vector<OracleLog>& logs);
  // Waits until all has been read, every partition is silent, and what the clock allows is committed. Fails the test
  // where that does not come.
  void Settle();
  // Kills it, and waits until another one lives.
  void KillWorker(int32_t slot);
  void KillWriter();
  void KillCoordinator();
  // Ends it with SIGTERM, which commits how far it is, and starts it again.
  void Restart();
  // Reads what is left and closes everything.
  void RunUntilEnd();

  // The records of all minutes closed so far.
  std::vector<std::string> Right() const;
  // What is committed for each partition.
  std::vector<CommitMetadata> Points() const;
  int64_t clock_s() const { return clock_s_; }
  int64_t closed_frontier() const { return closed_frontier_s_; }  // 0: nothing is
  Job& job() { return job_; }

 private:
  bool IsSilent(const JobStatus& status) const;
  bool HasCommitted(int64_t boundary_s) const;

  WallClockFile clock_;
  Job job_;
  TransactionalProducer producer_;
  const CountingRule rule_;
  int64_t clock_s_ = 0;
  int64_t closed_frontier_s_ = 0;
  std::vector<OraclePartition> partitions_;
  std::vector<int64_t> ends_;  // the next offset of each, control records included
};

// A quiet minute before the one that the clock shows, then so many minutes of hostile frames with a silence or more in
// each. This host's clock is right, slow or fast, and is stepped after each silence; somebody may be killed before it,
// after it, or once it is committed. Everything stays exact. Answers how many were killed.
uint64_t LiveThroughSilences(ClockedJob* job, uint64_t seed, int minutes);

}  // namespace headcount::test
