#include "common/kafka/error_table.h"

#include <algorithm>
#include <array>

namespace headcount::kafka {
namespace {

// librdkafka's own codes lie below -1. The other codes belong to the protocol and never change.
constexpr std::array kKnownErrors = {
    // The broker would refuse the same again: a right, a name, a setting of the topic, of the broker or of -X.
    KnownError{-189, "_FS", ErrorClass::kHumanNeeded},
    KnownError{-186, "_INVALID_ARG", ErrorClass::kHumanNeeded},
    KnownError{-171, "_UNKNOWN_PROTOCOL", ErrorClass::kHumanNeeded},
    KnownError{-170, "_NOT_IMPLEMENTED", ErrorClass::kHumanNeeded},
    KnownError{-165, "_UNSUPPORTED_FEATURE", ErrorClass::kHumanNeeded},
    KnownError{-145, "_NOT_CONFIGURED", ErrorClass::kHumanNeeded},
    KnownError{12, "OFFSET_METADATA_TOO_LARGE", ErrorClass::kHumanNeeded},
    KnownError{17, "TOPIC_EXCEPTION", ErrorClass::kHumanNeeded},
    KnownError{21, "INVALID_REQUIRED_ACKS", ErrorClass::kHumanNeeded},
    KnownError{24, "INVALID_GROUP_ID", ErrorClass::kHumanNeeded},
    KnownError{28, "INVALID_COMMIT_OFFSET_SIZE", ErrorClass::kHumanNeeded},
    KnownError{29, "TOPIC_AUTHORIZATION_FAILED", ErrorClass::kHumanNeeded},
    KnownError{30, "GROUP_AUTHORIZATION_FAILED", ErrorClass::kHumanNeeded},
    KnownError{31, "CLUSTER_AUTHORIZATION_FAILED", ErrorClass::kHumanNeeded},
    KnownError{32, "INVALID_TIMESTAMP", ErrorClass::kHumanNeeded},
    KnownError{43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", ErrorClass::kHumanNeeded},
    KnownError{44, "POLICY_VIOLATION", ErrorClass::kHumanNeeded},
    KnownError{50, "INVALID_TRANSACTION_TIMEOUT", ErrorClass::kHumanNeeded},
    KnownError{53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", ErrorClass::kHumanNeeded},
    KnownError{76, "UNSUPPORTED_COMPRESSION_TYPE", ErrorClass::kHumanNeeded},
    KnownError{87, "INVALID_RECORD", ErrorClass::kHumanNeeded},
    // A broker that has just started does not know its topics for a moment, either.
    KnownError{-190, "_UNKNOWN_PARTITION", ErrorClass::kMissing},
    KnownError{-188, "_UNKNOWN_TOPIC", ErrorClass::kMissing},
    KnownError{3, "UNKNOWN_TOPIC_OR_PART", ErrorClass::kMissing},
    KnownError{100, "UNKNOWN_TOPIC_ID", ErrorClass::kMissing},
    KnownError{103, "INCONSISTENT_TOPIC_ID", ErrorClass::kMissing},
    // No memory or no thread for the client: only the end of this process gives some back.
    KnownError{-194, "_CRIT_SYS_RESOURCE", ErrorClass::kTryAgain},
    // The topic's max.message.bytes, or its segment.bytes, bounds a batch, which may hold many records.
    KnownError{10, "MSG_SIZE_TOO_LARGE", ErrorClass::kSmallerBatches},
    KnownError{18, "RECORD_LIST_TOO_LARGE", ErrorClass::kSmallerBatches},
    // The client has lost its transaction, or is spent itself. A wrong password shows in ConnectionErrors, not here:
    // that class knows whether any broker accepts the client.
    KnownError{-199, "_BAD_MSG", ErrorClass::kStartOver},
    KnownError{-198, "_BAD_COMPRESSION", ErrorClass::kStartOver},
    KnownError{-197, "_DESTROY", ErrorClass::kStartOver},
    KnownError{-196, "_FAIL", ErrorClass::kStartOver},
    KnownError{-181, "_SSL", ErrorClass::kStartOver},
    KnownError{-173, "_CONFLICT", ErrorClass::kStartOver},
    KnownError{-172, "_STATE", ErrorClass::kStartOver},
    KnownError{-169, "_AUTHENTICATION", ErrorClass::kStartOver},
    KnownError{-168, "_NO_OFFSET", ErrorClass::kStartOver},
    KnownError{-167, "_OUTDATED", ErrorClass::kStartOver},
    KnownError{-158, "_PARTIAL", ErrorClass::kStartOver},
    KnownError{-157, "_READ_ONLY", ErrorClass::kStartOver},
    KnownError{-156, "_NOENT", ErrorClass::kStartOver},
    KnownError{-155, "_UNDERFLOW", ErrorClass::kStartOver},
    KnownError{-154, "_INVALID_TYPE", ErrorClass::kStartOver},
    KnownError{-150, "_FATAL", ErrorClass::kStartOver},
    KnownError{-149, "_INCONSISTENT", ErrorClass::kStartOver},
    KnownError{-148, "_GAPLESS_GUARANTEE", ErrorClass::kStartOver},
    KnownError{-144, "_FENCED", ErrorClass::kStartOver},
    KnownError{-143, "_APPLICATION", ErrorClass::kStartOver},
    KnownError{-141, "_NOOP", ErrorClass::kStartOver},
    KnownError{-1, "UNKNOWN", ErrorClass::kStartOver},
    KnownError{2, "INVALID_MSG", ErrorClass::kStartOver},
    KnownError{22, "ILLEGAL_GENERATION", ErrorClass::kStartOver},
    KnownError{25, "UNKNOWN_MEMBER_ID", ErrorClass::kStartOver},
    KnownError{33, "UNSUPPORTED_SASL_MECHANISM", ErrorClass::kStartOver},
    KnownError{34, "ILLEGAL_SASL_STATE", ErrorClass::kStartOver},
    KnownError{35, "UNSUPPORTED_VERSION", ErrorClass::kStartOver},
    KnownError{42, "INVALID_REQUEST", ErrorClass::kStartOver},
    KnownError{45, "OUT_OF_ORDER_SEQUENCE_NUMBER", ErrorClass::kStartOver},
    KnownError{46, "DUPLICATE_SEQUENCE_NUMBER", ErrorClass::kStartOver},
    KnownError{47, "INVALID_PRODUCER_EPOCH", ErrorClass::kStartOver},
    KnownError{48, "INVALID_TXN_STATE", ErrorClass::kStartOver},
    KnownError{49, "INVALID_PRODUCER_ID_MAPPING", ErrorClass::kStartOver},
    KnownError{52, "TRANSACTION_COORDINATOR_FENCED", ErrorClass::kStartOver},
    KnownError{57, "LOG_DIR_NOT_FOUND", ErrorClass::kStartOver},
    KnownError{58, "SASL_AUTHENTICATION_FAILED", ErrorClass::kStartOver},
    KnownError{59, "UNKNOWN_PRODUCER_ID", ErrorClass::kStartOver},
    KnownError{82, "FENCED_INSTANCE_ID", ErrorClass::kStartOver},
    KnownError{90, "PRODUCER_FENCED", ErrorClass::kStartOver},
    KnownError{110, "FENCED_MEMBER_EPOCH", ErrorClass::kStartOver},
    KnownError{113, "STALE_MEMBER_EPOCH", ErrorClass::kStartOver},
    KnownError{120, "TRANSACTION_ABORTABLE", ErrorClass::kStartOver},
    KnownError{129, "REBOOTSTRAP_REQUIRED", ErrorClass::kStartOver},
    // Leaders and coordinators move, and brokers come back. The client asks again by itself until its time is up.
    KnownError{-195, "_TRANSPORT", ErrorClass::kRetry},
    KnownError{-193, "_RESOLVE", ErrorClass::kRetry},
    KnownError{-192, "_MSG_TIMED_OUT", ErrorClass::kRetry},
    KnownError{-187, "_ALL_BROKERS_DOWN", ErrorClass::kRetry},
    KnownError{-185, "_TIMED_OUT", ErrorClass::kRetry},
    KnownError{-184, "_QUEUE_FULL", ErrorClass::kRetry},
    KnownError{-183, "_ISR_INSUFF", ErrorClass::kRetry},
    KnownError{-182, "_NODE_UPDATE", ErrorClass::kRetry},
    KnownError{-180, "_WAIT_COORD", ErrorClass::kRetry},
    KnownError{-178, "_IN_PROGRESS", ErrorClass::kRetry},
    KnownError{-177, "_PREV_IN_PROGRESS", ErrorClass::kRetry},
    KnownError{-166, "_TIMED_OUT_QUEUE", ErrorClass::kRetry},
    KnownError{-164, "_WAIT_CACHE", ErrorClass::kRetry},
    KnownError{-163, "_INTR", ErrorClass::kRetry},
    KnownError{-153, "_RETRY", ErrorClass::kRetry},
    KnownError{-146, "_UNKNOWN_BROKER", ErrorClass::kRetry},
    KnownError{-137, "_DESTROY_BROKER", ErrorClass::kRetry},
    KnownError{5, "LEADER_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{6, "NOT_LEADER_FOR_PARTITION", ErrorClass::kRetry},
    KnownError{7, "REQUEST_TIMED_OUT", ErrorClass::kRetry},
    KnownError{8, "BROKER_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{9, "REPLICA_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{11, "STALE_CTRL_EPOCH", ErrorClass::kRetry},
    KnownError{13, "NETWORK_EXCEPTION", ErrorClass::kRetry},
    KnownError{14, "COORDINATOR_LOAD_IN_PROGRESS", ErrorClass::kRetry},
    KnownError{15, "COORDINATOR_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{16, "NOT_COORDINATOR", ErrorClass::kRetry},
    KnownError{19, "NOT_ENOUGH_REPLICAS", ErrorClass::kRetry},
    KnownError{20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", ErrorClass::kRetry},
    KnownError{41, "NOT_CONTROLLER", ErrorClass::kRetry},
    KnownError{51, "CONCURRENT_TRANSACTIONS", ErrorClass::kRetry},
    KnownError{55, "OPERATION_NOT_ATTEMPTED", ErrorClass::kRetry},
    KnownError{56, "KAFKA_STORAGE_ERROR", ErrorClass::kRetry},
    KnownError{60, "REASSIGNMENT_IN_PROGRESS", ErrorClass::kRetry},
    KnownError{72, "LISTENER_NOT_FOUND", ErrorClass::kRetry},
    KnownError{74, "FENCED_LEADER_EPOCH", ErrorClass::kRetry},
    KnownError{75, "UNKNOWN_LEADER_EPOCH", ErrorClass::kRetry},
    KnownError{77, "STALE_BROKER_EPOCH", ErrorClass::kRetry},
    KnownError{78, "OFFSET_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{80, "PREFERRED_LEADER_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", ErrorClass::kRetry},
    KnownError{88, "UNSTABLE_OFFSET_COMMIT", ErrorClass::kRetry},
    KnownError{89, "THROTTLING_QUOTA_EXCEEDED", ErrorClass::kRetry},
    // Errors of consumer groups, share groups, Kafka Streams, delegation tokens, elections and administration. Also
    // records that librdkafka dropped after something else had failed.
    KnownError{-152, "_PURGE_QUEUE", ErrorClass::kForeign},
    KnownError{-151, "_PURGE_INFLIGHT", ErrorClass::kForeign},
    KnownError{-191, "_PARTITION_EOF", ErrorClass::kForeign},
    KnownError{-179, "_UNKNOWN_GROUP", ErrorClass::kForeign},
    KnownError{-176, "_EXISTING_SUBSCRIPTION", ErrorClass::kForeign},
    KnownError{-175, "_ASSIGN_PARTITIONS", ErrorClass::kForeign},
    KnownError{-174, "_REVOKE_PARTITIONS", ErrorClass::kForeign},
    KnownError{-162, "_KEY_SERIALIZATION", ErrorClass::kForeign},
    KnownError{-161, "_VALUE_SERIALIZATION", ErrorClass::kForeign},
    KnownError{-160, "_KEY_DESERIALIZATION", ErrorClass::kForeign},
    KnownError{-159, "_VALUE_DESERIALIZATION", ErrorClass::kForeign},
    KnownError{-147, "_MAX_POLL_EXCEEDED", ErrorClass::kForeign},
    KnownError{-142, "_ASSIGNMENT_LOST", ErrorClass::kForeign},
    KnownError{-140, "_AUTO_OFFSET_RESET", ErrorClass::kForeign},
    KnownError{-139, "_LOG_TRUNCATION", ErrorClass::kForeign},
    KnownError{-138, "_INVALID_DIFFERENT_RECORD", ErrorClass::kForeign},
    KnownError{1, "OFFSET_OUT_OF_RANGE", ErrorClass::kForeign},
    KnownError{4, "INVALID_MSG_SIZE", ErrorClass::kForeign},
    KnownError{23, "INCONSISTENT_GROUP_PROTOCOL", ErrorClass::kForeign},
    KnownError{26, "INVALID_SESSION_TIMEOUT", ErrorClass::kForeign},
    KnownError{27, "REBALANCE_IN_PROGRESS", ErrorClass::kForeign},
    KnownError{36, "TOPIC_ALREADY_EXISTS", ErrorClass::kForeign},
    KnownError{37, "INVALID_PARTITIONS", ErrorClass::kForeign},
    KnownError{38, "INVALID_REPLICATION_FACTOR", ErrorClass::kForeign},
    KnownError{39, "INVALID_REPLICA_ASSIGNMENT", ErrorClass::kForeign},
    KnownError{40, "INVALID_CONFIG", ErrorClass::kForeign},
    KnownError{54, "SECURITY_DISABLED", ErrorClass::kForeign},
    KnownError{61, "DELEGATION_TOKEN_AUTH_DISABLED", ErrorClass::kForeign},
    KnownError{62, "DELEGATION_TOKEN_NOT_FOUND", ErrorClass::kForeign},
    KnownError{63, "DELEGATION_TOKEN_OWNER_MISMATCH", ErrorClass::kForeign},
    KnownError{64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", ErrorClass::kForeign},
    KnownError{65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", ErrorClass::kForeign},
    KnownError{66, "DELEGATION_TOKEN_EXPIRED", ErrorClass::kForeign},
    KnownError{67, "INVALID_PRINCIPAL_TYPE", ErrorClass::kForeign},
    KnownError{68, "NON_EMPTY_GROUP", ErrorClass::kForeign},
    KnownError{69, "GROUP_ID_NOT_FOUND", ErrorClass::kForeign},
    KnownError{70, "FETCH_SESSION_ID_NOT_FOUND", ErrorClass::kForeign},
    KnownError{71, "INVALID_FETCH_SESSION_EPOCH", ErrorClass::kForeign},
    KnownError{73, "TOPIC_DELETION_DISABLED", ErrorClass::kForeign},
    KnownError{79, "MEMBER_ID_REQUIRED", ErrorClass::kForeign},
    KnownError{81, "GROUP_MAX_SIZE_REACHED", ErrorClass::kForeign},
    KnownError{84, "ELECTION_NOT_NEEDED", ErrorClass::kForeign},
    KnownError{85, "NO_REASSIGNMENT_IN_PROGRESS", ErrorClass::kForeign},
    KnownError{86, "GROUP_SUBSCRIBED_TO_TOPIC", ErrorClass::kForeign},
    KnownError{91, "RESOURCE_NOT_FOUND", ErrorClass::kForeign},
    KnownError{92, "DUPLICATE_RESOURCE", ErrorClass::kForeign},
    KnownError{93, "UNACCEPTABLE_CREDENTIAL", ErrorClass::kForeign},
    KnownError{94, "INCONSISTENT_VOTER_SET", ErrorClass::kForeign},
    KnownError{95, "INVALID_UPDATE_VERSION", ErrorClass::kForeign},
    KnownError{96, "FEATURE_UPDATE_FAILED", ErrorClass::kForeign},
    KnownError{97, "PRINCIPAL_DESERIALIZATION_FAILURE", ErrorClass::kForeign},
    KnownError{111, "UNRELEASED_INSTANCE_ID", ErrorClass::kForeign},
    KnownError{112, "UNSUPPORTED_ASSIGNOR", ErrorClass::kForeign},
    KnownError{114, "MISMATCHED_ENDPOINT_TYPE", ErrorClass::kForeign},
    KnownError{115, "UNSUPPORTED_ENDPOINT_TYPE", ErrorClass::kForeign},
    KnownError{116, "UNKNOWN_CONTROLLER_ID", ErrorClass::kForeign},
    KnownError{117, "UNKNOWN_SUBSCRIPTION_ID", ErrorClass::kForeign},
    KnownError{118, "TELEMETRY_TOO_LARGE", ErrorClass::kForeign},
    KnownError{119, "INVALID_REGISTRATION", ErrorClass::kForeign},
    KnownError{121, "INVALID_RECORD_STATE", ErrorClass::kForeign},
    KnownError{122, "SHARE_SESSION_NOT_FOUND", ErrorClass::kForeign},
    KnownError{123, "INVALID_SHARE_SESSION_EPOCH", ErrorClass::kForeign},
    KnownError{124, "FENCED_STATE_EPOCH", ErrorClass::kForeign},
    KnownError{125, "INVALID_VOTER_KEY", ErrorClass::kForeign},
    KnownError{126, "DUPLICATE_VOTER", ErrorClass::kForeign},
    KnownError{127, "VOTER_NOT_FOUND", ErrorClass::kForeign},
    KnownError{128, "INVALID_REGULAR_EXPRESSION", ErrorClass::kForeign},
    KnownError{130, "STREAMS_INVALID_TOPOLOGY", ErrorClass::kForeign},
    KnownError{131, "STREAMS_INVALID_TOPOLOGY_EPOCH", ErrorClass::kForeign},
    KnownError{132, "STREAMS_TOPOLOGY_FENCED", ErrorClass::kForeign},
    KnownError{133, "SHARE_SESSION_LIMIT_REACHED", ErrorClass::kForeign},
};

}  // namespace

const char* Name(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::kForeign: return "foreign";
    case ErrorClass::kRetry: return "retry";
    case ErrorClass::kStartOver: return "start_over";
    case ErrorClass::kSmallerBatches: return "smaller_batches";
    case ErrorClass::kTryAgain: return "try_again";
    case ErrorClass::kMissing: return "missing";
    case ErrorClass::kHumanNeeded: return "human_needed";
  }
  return "?";
}

const KnownError* FindError(int code) {
  const auto* const found = std::find_if(kKnownErrors.begin(), kKnownErrors.end(),
                                         [code](const KnownError& known) { return known.code == code; });
  return found == kKnownErrors.end() ? nullptr : &*found;
}

ErrorClass ClassOf(int code) {
  const KnownError* const known = FindError(code);
  return known == nullptr ? ErrorClass::kStartOver : known->error_class;
}

}  // namespace headcount::kafka
