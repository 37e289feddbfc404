// This host's wall clock as one job sees it, which a test may set: wrong, stepped while the job runs, or standing
// still, so that what the clock decides is known beforehand. Only where crash points are compiled in. Runs in tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "tests/support/child_process.h"

namespace headcount::test {

class WallClockFile {
 public:
  WallClockFile() { RunsAheadBy(std::chrono::seconds(0)); }

  // For all processes started with environment(), from the next time that they ask.
  void RunsAheadBy(std::chrono::milliseconds ahead);  // below 0: behind
  void StandsAt(int64_t unix_s);

  std::pair<std::string, std::string> environment() const;

 private:
  void Set(const std::string& text);

  const TempDir directory_;
};

}  // namespace headcount::test
