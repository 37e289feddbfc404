// The records of finished minutes, out of the output topic: for `headcount tail` and `headcount report`. Reads with
// read_committed, commits nothing and joins no group. Runs in the process of the command.
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

// A record as it lies there; its bytes live until the next Take().
struct OutputRecord {
  PartitionId partition;
  Offset offset;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;

  // Why no headcount can have written it, with its place; empty: it may have.
  std::string WhyForeign(const std::string& topic) const;
};

class OutputTopic {
 public:
  // `last`: not everything, but so many of the newest records of each partition at least, as far as they are there.
  // Where the broker cannot be reached: kUnavailable; no such topic: kHumanNeeded.
  static Result<OutputTopic> Open(const RunOptions& kafka, std::optional<size_t> last);

  // Hands over what has arrived, each partition's in its order; what others have written here, too. Answers whether
  // anything has arrived; never blocks.
  Result<bool> Take(const std::function<void(const OutputRecord&)>& take);
  // Until something arrives, or the time is up.
  void Wait(int timeout_ms) const;
  // Whether every partition has been read to its end once.
  bool HasEnded() const;

 private:
  struct Partition {
    PartitionId id;
    Offset next;
    bool ended = false;  // its end has been met once
  };

  OutputTopic(std::string topic, std::unique_ptr<kafka::PartitionConsumer> consumer)
      : topic_(std::move(topic)), consumer_(std::move(consumer)) {}

  std::string topic_;
  std::unique_ptr<kafka::PartitionConsumer> consumer_;
  std::vector<Partition> partitions_;
};

}  // namespace headcount
