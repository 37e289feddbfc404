#include "common/kafka/advice.h"

#include <librdkafka/rdkafka.h>

#include "common/base/limits.h"

namespace headcount::kafka {
namespace {

std::string SetOfTopic(const AdviceFacts& facts, const std::string& topic, const std::string& setting) {
  return "kafka-configs.sh --bootstrap-server " + facts.brokers + " --alter --entity-type topics --entity-name " +
         topic + " --add-config " + setting;
}

// Twice what is needed, in whole KiB: the next record may be a little larger.
int64_t AmpleBytes(size_t record_bytes) {
  constexpr int64_t kStep = 1024;
  return (static_cast<int64_t>(record_bytes) * 2 / kStep + 1) * kStep;
}

std::string TooLarge(const AdviceFacts& facts) {
  const std::string largest = "the largest record has " + std::to_string(facts.largest_record_bytes) + " bytes";
  if (facts.client_takes_bytes) {
    return largest + ", and message.max.bytes of -X lets the client send " + std::to_string(*facts.client_takes_bytes) +
           "; leave that property out, or raise it";
  }
  return "topic " + facts.output_topic + " refuses a record alone: " + largest +
         " and about 70 of framing, and max.message.bytes of the topic " +
         (facts.topic_takes_bytes ? "is " + std::to_string(*facts.topic_takes_bytes) : "is less") + "; " +
         SetOfTopic(facts, facts.output_topic,
                    "max.message.bytes=" + std::to_string(AmpleBytes(facts.largest_record_bytes))) +
         " raises it";
}

std::string TooOldTimestamp(const AdviceFacts& facts) {
  return "topic " + facts.output_topic +
         " takes no record that is stamped so far from the broker's clock (message.timestamp.after.max.ms and "
         "message.timestamp.before.max.ms), and records are stamped with this host's: compare the clocks of both "
         "hosts, or let the broker stamp them: " +
         SetOfTopic(facts, facts.output_topic, "message.timestamp.type=LogAppendTime");
}

}  // namespace

std::string AdviceFor(int code, const AdviceFacts& facts) {
  const std::string& topic = facts.output_topic;
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return TooLarge(facts);
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return "a record alone is larger than segment.bytes of topic " + topic + "; " +
             SetOfTopic(facts, topic, "segment.bytes=" + std::to_string(int64_t{1} << 30)) + " raises it";
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP: return TooOldTimestamp(facts);
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return "the brokers refuse the records of topic " + topic +
             " for what they are, as where they check them against a schema; end that check for it, or name another "
             "topic (--output-topic)";
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
      return "the brokers cannot keep records of topic " + topic +
             " in the codec of -X compression.type (or compression.codec); leave that property out";
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
      return "topic " + topic +
             " keeps records in a format of before Kafka 0.11, which has no transactions; name another topic "
             "(--output-topic), or " +
             SetOfTopic(facts, topic, "message.format.version=2.8");
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return "a policy of the brokers forbids it; who runs them knows which, for topic " + topic + " and group " +
             facts.group;
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
      return "offset.metadata.max.bytes of the brokers is less than headcount needs for group " + facts.group +
             "; set it to " + std::to_string(limits::kMaxMetadataBytes) + " or more (Kafka's default is 4096)";
    case RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE:
      return "the offsets of group " + facts.group + " are larger than topic __consumer_offsets takes; " +
             SetOfTopic(facts, "__consumer_offsets", "max.message.bytes=1048588") + " raises it";
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "transaction.max.timeout.ms of the brokers is less than headcount needs; set it to " +
             std::to_string(limits::kTransactionTimeoutMs) + " or more (Kafka's default is 900000)";
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
      return "the brokers do not take '" + facts.group + "' for a group; choose another --group";
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return "the brokers do not take records for a topic called '" + topic + "'; choose another --output-topic";
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
      return "the brokers do not know transactions; Kafka 0.11 or newer does";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "ACL IdempotentWrite on the cluster is missing; kafka-acls.sh --bootstrap-server ... --add "
             "--allow-principal User:... --operation IdempotentWrite --cluster gives it";
    case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PROTOCOL:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR__NOT_CONFIGURED:
    case RD_KAFKA_RESP_ERR__FS:
      return "librdkafka or the brokers do not work with these settings; leave out what -X sets, or report it";
    default: return "";
  }
}

std::string CommandToMake(const std::string& brokers, const std::string& topic, int32_t partitions) {
  return "kafka-topics.sh --bootstrap-server " + brokers + " --create --topic " + topic + " --partitions " +
         (partitions > 0 ? std::to_string(partitions) : std::string("N"));
}

}  // namespace headcount::kafka
