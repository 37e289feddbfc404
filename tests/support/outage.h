// A broker that goes away under a job at its defaults, with producers that keep what they could not send and come back
// later than the broker. Runs in tests; it takes as long as the outage and what follows.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/job_testing.h"
#include "tests/support/own_broker.h"

namespace headcount::test {

// Of some partitions of a job: each gets a hundred frames a second, of the present time and of users of its own.
class Producers {
 public:
  explicit Producers(Job* job) : job_(*job) {}

  // Those partitions' frames go out from now on, behind those that were kept ...
  void Send(const std::vector<int32_t>& partitions);
  // ... or they are kept.
  void Keep(const std::vector<int32_t>& partitions);

  // Makes frames for so long ...
  void Live(std::chrono::milliseconds duration);
  // ... or until it is so. Answers whether it was in time.
  bool LiveUntil(const std::function<bool()>& it_is_so, std::chrono::milliseconds timeout = std::chrono::seconds(60));

 private:
  struct Partition {
    bool sends = false;
    OracleLog kept;
    uint64_t made = 0;
  };

  void Step();

  Job& job_;
  std::map<int32_t, Partition> partitions_;
};

// Waits until the job has read whatever was sent to it.
bool HasReadAll(const Job& job);

struct Outage {
  std::chrono::seconds away;                // from the kill to the start
  std::chrono::seconds producers_wait{10};  // from the broker's start to the first frame that is sent again
};

// What came of it, once the job has ended and --until-end has published the rest.
struct AfterOutage {
  int64_t late = 0;
  std::vector<std::string> published;
  std::vector<std::string> right;
};

// Two partitions are fed, and one stays silent. Fails the test where the job does not read everything.
AfterOutage LiveThroughOutage(OwnBroker* own, const Outage& outage);

// Drains a job that runs with a window of 5 s and has read everything, and publishes what is left.
AfterOutage EndAfterOutage(Job* job);

}  // namespace headcount::test
