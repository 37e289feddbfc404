// Reads the records of finished minutes from the output topic, for `headcount tail` and `headcount report`. It reads
// with read_committed, commits nothing and joins no group. Runs in the process of the command.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "common/kafka/partition_consumer.h"

namespace headcount {

// A record as the topic holds it; its bytes are valid until the next Take().
struct OutputRecord {
  PartitionId partition;
  Offset offset;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;

  // Why no headcount can have written it, with its partition and offset; empty if a headcount may have.
  std::string WhyForeign(const std::string& topic) const;
};

class OutputTopic {
 public:
  // With `last` it reads only the newest records of each partition: at least that many, as far as they exist. The error
  // is kUnavailable if the broker cannot be reached, and kHumanNeeded if there is no such topic.
  static Result<OutputTopic> Open(const RunOptions& kafka, std::optional<size_t> last);

  // Hands over the records that have arrived, each partition's in order, also those of other programs. Returns whether
  // any record has arrived; never blocks.
  Result<bool> Take(const std::function<void(const OutputRecord&)>& take);
  // Waits until a record arrives, or until the time is up.
  void Wait(int timeout_ms) const;
  // Whether every partition has been read to its end once.
  bool HasEnded() const;

 private:
  struct Partition {
    PartitionId id;
    Offset next;
    bool ended = false;  // its end has been reached once
  };

  OutputTopic(std::string topic, std::unique_ptr<kafka::PartitionConsumer> consumer)
      : topic_(std::move(topic)), consumer_(std::move(consumer)) {}

  std::string topic_;
  std::unique_ptr<kafka::PartitionConsumer> consumer_;
  std::vector<Partition> partitions_;
};

}  // namespace headcount
