// What Kafka holds for a consumer group: the offset of every partition and the metadata text beside it.
// The writer reads it at a start and after an outcome it does not know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

struct CommittedPoint {
  std::optional<Offset> offset;  // nothing: never committed, expired or deleted
  std::string metadata;          // empty where a stranger committed
};

// Asks for the points of one group. A client that is kept costs two connections, but its questions only a millisecond.
class CommittedReader {
 public:
  // Begins to connect; asks nothing yet.
  static Result<CommittedReader> Create(const ClientConfig& config);

  // The committed points of partitions 0..count-1 of `topic`, by place. All or nothing: no answer within the timeout
  // is kUnavailable. While a transaction of the group is open there is no answer, so InitTransactions() comes first.
  Result<std::vector<CommittedPoint>> Read(const std::string& topic, int32_t count, int timeout_ms) const;

 private:
  CommittedReader(std::string group, Handle consumer) : group_(std::move(group)), consumer_(std::move(consumer)) {}

  std::string group_;
  Handle consumer_;
};

}  // namespace headcount::kafka
