// As much of Kafka's protocol as a proxy between client and broker must understand: which request this is, and how to
// make its answer say something else. Runs in tests. Knows the versions that librdkafka speaks from 2.0.2 to 2.16.0; of
// others it says that it does not know them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace headcount::test {

// The requests of a transaction, by their numbers in the protocol.
enum class Api : int16_t {
  kProduce = 0,
  kFetch = 1,
  kListOffsets = 2,
  kMetadata = 3,
  kOffsetFetch = 9,
  kFindCoordinator = 10,
  kInitProducerId = 22,
  kAddPartitionsToTxn = 24,
  kAddOffsetsToTxn = 25,
  kEndTxn = 26,
  kTxnOffsetCommit = 28,
};

// Error codes of the protocol, as a broker sends them.
enum class WireError : int16_t {
  kNone = 0,
  kMessageTooLarge = 10,
  kCoordinatorLoadInProgress = 14,
  kNotEnoughReplicas = 19,
  kTopicAuthorizationFailed = 29,
  kInvalidTimestamp = 32,
  kUnsupportedForMessageFormat = 43,
  kPolicyViolation = 44,
  kInvalidProducerEpoch = 47,
  kInvalidTxnState = 48,
  kInvalidProducerIdMapping = 49,
  kConcurrentTransactions = 51,
  kTransactionalIdAuthorizationFailed = 53,
  kKafkaStorageError = 56,
  kUnknownProducerId = 59,
  kUnsupportedCompressionType = 76,
  kInvalidRecord = 87,
  kProducerFenced = 90,
};

struct RequestHead {
  Api api;
  int16_t version = 0;
  int32_t correlation = 0;
};

// Of a frame as it stands on the wire, its length first. None: it is too short for a request.
std::optional<RequestHead> HeadOf(const std::string& frame);
// Of an answer.
int32_t CorrelationOf(const std::string& frame);

// Makes the broker's answer to that request say `error`; for produced and committed partitions, for each of them.
// False: it does not know answers of this kind, or of this version.
bool PutError(const RequestHead& request, WireError error, std::string* answer);
// The answer of a broker that refuses that request. None: as above; only those without partitions are known.
std::optional<std::string> AuthFailure(const RequestHead& request, WireError error);

// Puts another port wherever an answer names the broker at 127.0.0.1 and that port.
void RenameBroker(uint16_t from_port, uint16_t to_port, std::string* answer);

}  // namespace headcount::test
