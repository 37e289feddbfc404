// Tells whether a topic is still the one that the job read, or another one of the same name. Runs in the workers
// (marks) and the writer (the rest).
//
// librdkafka from 2.3.0 on knows a topic's id, which no cluster uses twice. An older one shows no id. There the writer
// looks for a record that a worker has read, at that record's offset. Both questions are for a moment of doubt;
// README.md says when that is.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"
#include "common/records/record_mark.h"

struct rd_kafka_message_s;

namespace headcount::kafka {

// The id of the topic. nullopt: the library or the cluster knows no ids. The error: no answer, or no topic.
Result<std::optional<std::string>> TopicId(rd_kafka_s* handle, const std::string& topic, int timeout_ms);

RecordMark MarkOf(const rd_kafka_message_s& message);

enum class MarkSeen {
  kSame,     // one of the records is where it was
  kAnother,  // another record is at the offset of one of them, or the log ends before it
  kUnknown,  // retention or compaction has removed all of them
};

// Looks for one marked record after the other, until one gives an answer. Makes a client of its own.
Result<MarkSeen> LookForMarks(const ClientConfig& config, const std::string& topic,
                              const std::vector<PlacedMark>& marks, int timeout_ms);

}  // namespace headcount::kafka
