// Frames as they arrive: second by second, in every partition, with every kind of damage. Runs in tests.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/support/generator.h"
#include "tests/support/oracle.h"

namespace headcount::test {

class Arrivals {
 public:
  // From that time on. `frames_per_second` are those of all partitions together, each up to 4 s behind the time.
  Arrivals(uint64_t seed, int32_t partitions, int64_t from_s, int frames_per_second);

  // What comes in the next seconds, by partition.
  std::vector<OracleLog> Next(int64_t seconds);
  // ... and then one sound frame of that time in each: whatever was damaged, each clock has got at least that far.
  std::vector<OracleLog> NextAndMark(int64_t seconds);
  // The time that has been reached.
  int64_t now_s() const { return now_s_; }

 private:
  const int32_t partitions_;
  const int frames_per_second_;
  FrameGenerator generator_;
  int64_t now_s_;
};

}  // namespace headcount::test
