// Whether a topic is still the one that was read, or another one of the same name. Worker (marks) and writer (the
// rest).
//
// librdkafka from 2.3.0 on knows a topic's id, which is never used twice. An older one shows nothing of it: there a
// record that was read is looked for where it stood. Both are questions for a moment of doubt; README.md says what
// raises it.
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

// The id of the topic; nothing where the library, or the cluster, does not know ids. An error: no answer, or no topic.
Result<std::optional<std::string>> TopicId(rd_kafka_s* handle, const std::string& topic, int timeout_ms);

RecordMark MarkOf(const rd_kafka_message_s& message);

enum class MarkSeen {
  kSame,     // one of them stands where it stood
  kAnother,  // where one of them stood another one does, or the log has not come so far
  kUnknown,  // retention or compaction has taken them all
};

// Looks for one of the marked records after the other, until one answers. Makes a client of its own.
Result<MarkSeen> LookForMarks(const ClientConfig& config, const std::string& topic,
                              const std::vector<PlacedMark>& marks, int timeout_ms);

}  // namespace headcount::kafka
