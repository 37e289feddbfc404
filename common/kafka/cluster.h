// Asks the cluster about topics and offsets. Writer and workers ask, with any client they have. Every question ends by
// its timeout. kUnavailable: asking later may help (broker away, no leader, no answer). kHumanNeeded: it cannot (no
// such topic, no right to read it).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

// What the job does with a topic. Only the error about a missing right needs it.
enum class TopicUse { kInput, kOutput };

// The number of partitions of the topic. kHumanNeeded: the topic is missing or has no partition. The question also
// makes the client know the topic (the "warm-up"): otherwise a producer's first record waits a second.
Result<int32_t> PartitionCount(rd_kafka_s* handle, const std::string& topic, int timeout_ms,
                               TopicUse use = TopicUse::kInput);

// The brokers of this client, in the form that --bootstrap-server takes.
std::string BrokersOf(rd_kafka_s* handle);

// Which offset of a partition the caller wants.
struct OffsetQuestion {
  enum class Kind {
    kEarliest,  // the first record that retention has left
    kLatest,    // the end: the last stable offset from a read_committed client (the producer is one too),
                // the high watermark from a read_uncommitted one
    kTime,      // the first record whose Kafka timestamp is not before `time`; kLatest where there is none
  };
  Kind kind = Kind::kEarliest;
  EventTime time;  // kTime only
};

// The offsets of partitions 0..count-1, by index. All or nothing.
Result<std::vector<Offset>> ListOffsets(rd_kafka_s* handle, const std::string& topic, int32_t count,
                                        OffsetQuestion question, int timeout_ms);
// The same for one partition.
Result<Offset> ListOffset(rd_kafka_s* handle, const std::string& topic, PartitionId partition, OffsetQuestion question,
                          int timeout_ms);

// The newest minute of an output topic: the largest record key that is a decimal integer and `is_minute`. It comes from
// the newest committed records of every partition. nullopt: there is no such record. Reads backwards from each end, up
// to the first stretch that holds such a key. Skips aborted records, control records, foreign keys and compacted gaps.
// Makes a client of its own. kHumanNeeded: the topic is missing.
Result<std::optional<int64_t>> NewestKey(const ClientConfig& config, const std::string& topic,
                                         const std::function<bool(int64_t)>& is_minute, int timeout_ms);

}  // namespace headcount::kafka
