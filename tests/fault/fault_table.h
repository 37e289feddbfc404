// The table that scripts/fault.sh prints: what was done to the job, and what became of its minutes. Runs in tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/job_testing.h"

namespace headcount::test {

// What is wrong with published minutes, against the oracle's.
struct MinuteErrors {
  size_t lost = 0;       // right ones that are not there
  size_t doubled = 0;    // records of a minute beyond its first
  size_t differing = 0;  // there, with another number in it; or of a minute that should not be there at all
  size_t all() const { return lost + doubled + differing; }
};

// Both as lines of JSON, in any order.
MinuteErrors Compare(const std::vector<std::string>& published, const std::vector<std::string>& right);

struct FaultRow {
  std::string fault;  // as a person says it: "worker killed"
  uint64_t times = 0;
  uint64_t minutes = 0;  // published and compared
  MinuteErrors errors;
  // From each fault until the next record was read, where that was measured. May be empty.
  std::vector<int64_t> recovery_ms;
  int64_t recovery_goal_ms = 0;  // what its median is promised to stay below; 0: nothing is
};

// For whatever a fault test leaves to chance: HEADCOUNT_FAULT_SEED, or another one each time. Prints it.
uint64_t FaultSeed();

// Asked for with scripts/fault.sh --quick: every fault, fewer times.
bool IsQuickPass();

// Adds the row to the file that HEADCOUNT_FAULT_ROWS names, if it does, and fails the test if there are errors.
void Report(const FaultRow& row);

}  // namespace headcount::test
