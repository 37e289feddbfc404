// Questions to the cluster about topics and offsets. Writer and workers ask them, with any client they hold.
// Every question ends by its timeout. An error says kUnavailable where asking again later may help (broker
// away, no leader, no answer) and kHumanNeeded where it cannot (no such topic, no right to read it).
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

// What a topic is for; only an error that names missing rights says it.
enum class TopicUse { kInput, kOutput };

// How many partitions the topic has. Missing topic, or one without partitions: kHumanNeeded. Also makes the
// client know the topic: a producer's first record waits a second without this (the "warm-up").
Result<int32_t> PartitionCount(rd_kafka_s* handle, const std::string& topic, int timeout_ms,
                               TopicUse use = TopicUse::kInput);

// The brokers that this client was given, as --bootstrap-server takes them.
std::string BrokersOf(rd_kafka_s* handle);

// Which offset of a partition is asked for.
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

// The offsets of partitions 0..count-1, by place. All or nothing.
Result<std::vector<Offset>> ListOffsets(rd_kafka_s* handle, const std::string& topic, int32_t count,
                                        OffsetQuestion question, int timeout_ms);
// The same for one partition.
Result<Offset> ListOffset(rd_kafka_s* handle, const std::string& topic, PartitionId partition, OffsetQuestion question,
                          int timeout_ms);

// The largest record key that is a decimal integer and `is_minute`, among the newest committed records of every
// partition: the newest minute of an output topic. Nothing: no such record. Reads backwards from each end, and no
// further than to the first stretch that holds such a key; aborted records, control records, foreign keys and
// compacted gaps are passed over. Makes a client of its own. A missing topic is kHumanNeeded.
Result<std::optional<int64_t>> NewestKey(const ClientConfig& config, const std::string& topic,
                                         const std::function<bool(int64_t)>& is_minute, int timeout_ms);

}  // namespace headcount::kafka
