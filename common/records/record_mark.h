// Identifies a record of a partition among all records that may ever have its offset. The writer compares marks to
// detect that a topic was deleted and made again under the same name. Plain data; workers and the writer use it.
#pragma once

#include <cstdint>

#include "common/base/types.h"

namespace headcount {

struct RecordMark {
  Offset offset;
  uint64_t hash = 0;  // of the record's Kafka timestamp, its key and its value

  friend bool operator==(const RecordMark& a, const RecordMark& b) { return a.offset == b.offset && a.hash == b.hash; }
};

struct PlacedMark {
  PartitionId partition;
  RecordMark mark;
};

}  // namespace headcount
