// A kill -9 storm: one job under scripts/supervise.sh, whose worker, writer and coordinator are killed again and
// again, at any moment and at chosen ones, while hostile frames arrive and minutes are published. Runs in tests.
//
// A chosen moment is a crash point (common/log/crash_point.h): its name is put into a file, and the process that passes
// it next dies there. At a coordinator's moment the writer, at that point, kills the coordinator.
// Every failure throws, and says which kill it was.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/job_log.h"
#include "tests/support/job_testing.h"
#include "tests/support/live_feed.h"
#include "tests/support/random.h"

namespace headcount::test {

enum class Victim : uint8_t { kWorker, kWriter, kCoordinator };
inline constexpr size_t kVictims = 3;
const char* Name(Victim victim);

struct Blow {
  Victim victim = Victim::kWorker;
  std::string point;      // empty: at any moment
  bool in_haste = false;  // the next one does not wait until this one is over, and may meet who is just being born
};

struct StormOptions {
  uint64_t seed = 1;
  std::array<size_t, kVictims> blows{};  // at each kind of victim
  double haste = 0.2;                    // share of the blows
  std::ostream* telling = nullptr;       // gets a line for each
};

// The points where such a victim may be told to die.
std::vector<std::string> StormPoints(Victim victim);
// Half of the blows at each kind fall at chosen points, every point in its turn.
std::vector<Blow> PlanStorm(const StormOptions& options);

class Storm {
 public:
  // What became of one kind of victim.
  struct Toll {
    uint64_t kills = 0;
    std::map<std::string, uint64_t> kills_at;  // chosen points
    // From each kill until its successors read: of a worker its next life, of the others the last worker of all.
    // Where the next blow fell before that, there is none.
    std::vector<int64_t> recovery_ms;
  };

  // Starts the job and its feed; returns when everybody reads.
  Storm(const TestBroker& broker, const StormOptions& options);
  // Shows the end of what the processes printed if the test has failed.
  ~Storm();
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  // Every blow of the plan; then no more frames arrive, the job is drained, and a last run reads to the end.
  void Rage();

  // After Rage().
  const Toll& toll(Victim victim) const { return tolls_[static_cast<size_t>(victim)]; }
  size_t published_meanwhile() const { return published_meanwhile_; }
  std::vector<std::string> Published() const { return job_.Published(); }
  std::vector<std::string> Right() const;
  // What the log tells of deaths that no blow explains.
  std::vector<std::string> UnexplainedDeaths();

 private:
  void StartSupervisor();
  void Strike(const Blow& blow);
  void Tell(const std::string& role, const Blow& blow, std::optional<int64_t> recovery_ms);
  int64_t StrikeAtAnyMoment(const Blow& blow, const std::string& role);
  LogLine StrikeAtPoint(const Blow& blow);
  int64_t AwaitRecovery(const Blow& blow, const std::string& role, int64_t killed_ms, size_t skipped);
  int64_t AwaitFirstRecord(const std::string& role, int64_t not_before_ms, size_t skipped);
  pid_t Find(const std::string& name);
  void Await(const std::string& what, const std::function<bool()>& condition);

  const StormOptions options_;
  Random random_;
  Job job_;
  std::unique_ptr<LiveFeed> feed_;
  std::unique_ptr<ChildProcess> supervisor_;
  std::unique_ptr<JobLog> log_;
  std::array<Toll, kVictims> tolls_;
  size_t told_ = 0;
  size_t published_meanwhile_ = 0;
};

}  // namespace headcount::test
