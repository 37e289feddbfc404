// Advice for a transaction failure that only the user can mend: which limit or setting failed, its value, and what to
// type. Pure. Runs in the writer.
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
  std::optional<int64_t> topic_takes_bytes;   // max.message.bytes of the output topic, if the brokers told it
  std::optional<int64_t> client_takes_bytes;  // message.max.bytes of -X, if it refused the record
};

// The advice for error `code`. Empty if the error text says everything: missing rights (errors.h), and errors that do
// not come from transactions.
std::string AdviceFor(int code, const AdviceFacts& facts);

// The command that creates a topic. `partitions` 0: unknown.
std::string CommandToMake(const std::string& brokers, const std::string& topic, int32_t partitions);

}  // namespace headcount::kafka
