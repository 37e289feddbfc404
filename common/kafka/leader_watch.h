// Tells whether the leaders of the partitions being read answer, by librdkafka's statistics about its connections.
// Pure, but for what it remembers. Runs in the workers. A consumer at the end of a partition always has a fetch under
// way, and the leader answers it every few milliseconds. So the connection shows whether the leader answers, and no
// extra question is needed.
//
// A leader is lost in each of these cases:
// - its connection is down;
// - it leaves a request unanswered for 1 s;
// - the partition has no leader, or another one;
// - the connection was made again between two looks.
// If the consumer reads from a replica (client.rack), the replica's connection counts. Source of the fields' meaning:
// STATISTICS.md of librdkafka.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "common/base/types.h"

namespace headcount::kafka {

class LeaderWatch {
 public:
  struct Contact {
    bool answers = true;
    uint64_t losses = 0;  // never lowered
  };

  // Takes in `statistics`: the text that librdkafka gives to its stats_cb once a second. A text that cannot be parsed
  // changes nothing.
  void Look(std::string_view statistics, std::string_view topic);
  // Answers without a loss, until the statistics have named the partition.
  Contact Of(PartitionId p) const;

 private:
  struct Seen {
    int64_t leader = -1;
    int64_t disconnects = 0;  // of the connection to that leader
    Contact contact;
  };
  std::map<PartitionId, Seen> partitions_;
};

}  // namespace headcount::kafka
