// Shows the records of an output topic to a person or to a script. Runs in headcount-generate.
#pragma once

#include <iosfwd>
#include <vector>

#include "tests/support/kafka_testing.h"

namespace headcount::test {

// By key, as a number; of one key in the order of the partitions and offsets. Records whose key is no number come last.
void SortByMinute(std::vector<KafkaRecord>* records);

// The values, one a line.
void PrintValues(const std::vector<KafkaRecord>& records, std::ostream& out);

// One aligned line a minute, and their sums. A value that is no output record is named as that.
void PrintTable(const std::vector<KafkaRecord>& records, std::ostream& out);

}  // namespace headcount::test
