// The only way by which the job writes to Kafka: a transaction that holds output records and the safe points of all
// partitions, or nothing. Only the writer has one.
//
// After any outcome but kCommitted this object does not know what happened. The writer destroys it (bounded in time),
// makes a new one, and reads the committed offsets. The object never retries a transaction by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "common/base/result.h"
#include "common/base/types.h"
#include "common/kafka/batch_limit.h"
#include "common/kafka/client_config.h"
#include "common/kafka/error_table.h"
#include "common/kafka/handles.h"

struct rd_kafka_error_s;
struct rd_kafka_message_s;

namespace headcount::kafka {

class Deadline;
class OffsetsCall;

struct OutputRecord {
  std::string key;
  std::string value;
};

struct OffsetToCommit {
  PartitionId partition;
  Offset offset;
  std::string metadata;
};

struct Transaction {
  std::string output_topic;
  std::vector<OutputRecord> records;  // may be empty
  std::string input_topic;
  std::vector<OffsetToCommit> offsets;  // may be empty
};

enum class TransactionOutcome {
  kCommitted,
  kFenced,   // a newer producer has our transactional id, or the broker timed the transaction out
  kUnknown,  // anything else: it may have happened or not
};

struct TransactionResult {
  TransactionOutcome outcome = TransactionOutcome::kUnknown;
  std::string message;  // what failed and why; empty for kCommitted
  // What that means for the next attempt: the heaviest class of all errors that came (error_table.h), and its code.
  ErrorClass error_class = ErrorClass::kRetry;
  int code = 0;
  bool refused_by_client = false;  // the client refused a record before it reached the broker (message.max.bytes)
  // How long each step took, as far as the transaction came: for a user who asks where the time goes.
  struct Steps {
    int64_t begun_us = 0;
    int64_t produced_us = 0;  // given to the client; the records travel while the offsets are sent
    int64_t offsets_us = 0;
    int64_t committed_us = 0;  // includes the records' arrival
  } steps;
};

const char* Name(TransactionOutcome outcome);

class TransactionalProducer {
 public:
  // Bounds a transaction: the broker aborts it after this time, and Commit() returns at most 5 s later.
  static constexpr int kTransactionTimeoutMs = static_cast<int>(limits::kTransactionTimeoutMs);

  // Makes only the client, and asks the broker nothing yet. kUsage: librdkafka refused a property.
  static Result<std::unique_ptr<TransactionalProducer>> Create(const ClientConfig& config,
                                                               const std::string& transactional_id,
                                                               int transaction_timeout_ms = kTransactionTimeoutMs,
                                                               const BatchLimit& batches = {});

  // Fences every older producer of the transactional id and ends its open transaction. Call it once, first.
  // kUnavailable: no answer in time. kHumanNeeded: the broker refuses.
  Result<void> InitTransactions(int timeout_ms);

  // Begins a transaction, sends records and offsets (under config.group), and commits.
  TransactionResult Commit(const Transaction& transaction);

  // Whether the brokers refuse this client permanently, so that further questions are useless (connection_errors.h).
  bool HasFailedPermanently();

  // For the questions of cluster.h, even between begin and commit. Null after a Commit() that had to abandon its
  // client.
  rd_kafka_s* handle() const { return handle_.get(); }
  // The largest batch of several records that this client makes.
  int64_t batch_bytes() const;
  const std::string& group() const { return group_; }
  const std::string& transactional_id() const { return transactional_id_; }

 private:
  // The delivery reports of the running transaction. Only calls of this object touch it.
  struct Deliveries {
    uint64_t delivered = 0;
    uint64_t failed = 0;
    // The first failure of the heaviest class.
    std::string failure;
    ErrorClass error_class = ErrorClass::kForeign;
    int code = 0;
  };

  TransactionalProducer(std::string group, std::string transactional_id, int transaction_timeout_ms,
                        std::shared_ptr<Deliveries> deliveries, Handle handle);

  TransactionResult Produce(const Transaction& transaction);
  TransactionResult SendOffsets(const Transaction& transaction, const Deadline& deadline);
  TransactionResult Failure(const char* attempted, const Transaction& transaction, rd_kafka_error_s* error);
  TransactionResult LeaveClient(OffsetsCall* call);
  std::string MissingRight(const Transaction& transaction, int code, bool of_offsets) const;
  static void OnDelivery(rd_kafka_s* handle, const rd_kafka_message_s* message, void* opaque);

  const std::string group_;
  const std::string transactional_id_;
  const int transaction_timeout_ms_;
  // Before handle_: librdkafka has a pointer to it until the handle is gone.
  std::shared_ptr<Deliveries> deliveries_;
  Handle handle_;
};

}  // namespace headcount::kafka
