// What tells a record of a partition from every other one that may ever stand at its offset: so that a topic that was
// made anew is told from the one that was read. Plain data; worker and writer.
#pragma once

#include <cstdint>

#include "common/base/types.h"

namespace headcount {

struct RecordMark {
  Offset offset;
  uint64_t hash = 0;  // of the time that Kafka holds for it, of its key and of its value

  friend bool operator==(const RecordMark& a, const RecordMark& b) { return a.offset == b.offset && a.hash == b.hash; }
};

struct PlacedMark {
  PartitionId partition;
  RecordMark mark;
};

}  // namespace headcount
