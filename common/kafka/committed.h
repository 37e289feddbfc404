// Reads the committed offsets of a consumer group, each with its metadata text. Runs in the writer, at a start and
// after a transaction with unknown outcome.
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

struct CommittedOffset {
  std::optional<Offset> offset;  // nullopt: never committed, expired or deleted
  std::string metadata;          // empty: another program committed
};

// Reads the committed offsets of one group. The kept client costs two connections, but each question only a
// millisecond.
class CommittedReader {
 public:
  // Begins to connect, and asks nothing yet.
  static Result<CommittedReader> Create(const ClientConfig& config);

  // The committed offsets of partitions 0..count-1 of `topic`, by index. All or nothing. kUnavailable: no answer within
  // the timeout. While a transaction of the group is open the broker does not answer, so the caller calls
  // InitTransactions() first.
  Result<std::vector<CommittedOffset>> Read(const std::string& topic, int32_t count, int timeout_ms) const;

 private:
  CommittedReader(std::string group, Handle consumer) : group_(std::move(group)), consumer_(std::move(consumer)) {}

  std::string group_;
  Handle consumer_;
};

}  // namespace headcount::kafka
