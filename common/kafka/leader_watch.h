// Whether the leaders of the partitions being read answer, by the statistics that librdkafka makes of its connections.
// Pure but for what it remembers; runs in the workers. A consumer at the end of a partition has a fetch under way all
// the time, which the leader answers every few milliseconds: so its connection tells, and no leader is asked for this
// alone.
//
// A leader is lost when its connection is down, when it leaves a request unanswered for 1 s, when the partition has no
// leader or another one, and when the connection was made anew between two looks. Where a replica is read
// (client.rack), it is the replica's connection. Source of the fields' meaning: STATISTICS.md of librdkafka.
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

  // `statistics`: what librdkafka's stats_cb is given, once a second. A text that is not understood changes nothing.
  void Look(std::string_view statistics, std::string_view topic);
  // Answers, without a loss, as long as nothing was heard of the partition.
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
