// What a person is told about a transaction that only a person can mend: which limit or setting it is, of what, and
// what to type. Pure; for the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace headcount::kafka {

struct AdviceFacts {
  std::string brokers;  // as --bootstrap-server takes them
  std::string output_topic;
  std::string group;
  size_t largest_record_bytes = 0;            // key and value
  std::optional<int64_t> topic_takes_bytes;   // max.message.bytes of the output topic, if it could be had
  std::optional<int64_t> client_takes_bytes;  // message.max.bytes of -X, where that refused the record
};

// Empty where the error itself says it all: rights (errors.h), and whatever does not come of transactions.
std::string AdviceFor(int code, const AdviceFacts& facts);

// The command that makes a topic; `partitions` 0: not known.
std::string CommandToMake(const std::string& brokers, const std::string& topic, int32_t partitions);

}  // namespace headcount::kafka
