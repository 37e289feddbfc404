// A broker that goes away under a job at its defaults, with producers that keep what they could not send and come back
// later than the broker. Runs in tests; it takes as long as the outage and what follows.
#pragma once

#include <chrono>

#include "tests/support/job_testing.h"
#include "tests/support/own_broker.h"

namespace headcount::test {

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

// Two partitions with a hundred frames a second each, of the present time, and one that stays silent. Fails the test
// where the job does not read everything.
AfterOutage LiveThroughOutage(OwnBroker* own, const Outage& outage);

}  // namespace headcount::test
