// One more headcount of a job's group, beside the one that class Job starts: on this host or, as far as its lock can
// tell, on another one; bare, or under scripts/supervise.sh. Runs in tests.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/job_testing.h"

namespace headcount::test {

class Peer {
 public:
  enum class Under : uint8_t { kNobody, kSupervisor };

  // Starts it, with the job's words. Host 0 is this one; each other number below 512 is another: the lock knows the
  // brokers by the name that was typed, and each host types it in another way.
  Peer(const Job& job, int host, Under under = Under::kNobody, const Environment& environment = {});
  // Shows what the program printed if the test has failed.
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // What was started: the coordinator, or its supervisor.
  ChildProcess& process() { return *process_; }
  // SIGTERM, and how it ended.
  std::optional<ExitStatus> Drain();
  // It and all it has started, parents first.
  std::vector<pid_t> Family() const;
  // 0: none lives.
  pid_t coordinator() const;

  bool Says(const std::string& words) const { return process_->Err().find(words) != std::string::npos; }
  // The run of its newest claim; empty before the first.
  std::string Run() const;
  std::optional<JobStatus> Status() const;
  // Waits until its status file says so, or 30 s.
  bool Shows(const std::function<bool(const JobStatus&)>& what,
             std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;
  bool HasClosed(int64_t frontier_s, std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;

 private:
  const Under under_;
  const std::filesystem::path status_file_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace headcount::test
