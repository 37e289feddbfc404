#include "common/kafka/input_identity.h"

#include <librdkafka/rdkafka.h>

#include "common/kafka/cluster.h"
#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"

namespace headcount::kafka {
namespace {

constexpr int kPollMs = 100;

// FNV-1a. No attacker gains by a collision: a user who can write to the topic can do anything to it.
class Hash {
 public:
  void Add(const void* bytes, size_t size) {
    const auto* const at = static_cast<const unsigned char*>(bytes);
    for (size_t i = 0; i < size; ++i) value_ = (value_ ^ at[i]) * 0x100000001b3;
  }
  void Add(int64_t number) { Add(&number, sizeof number); }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325;
};

// Looks for one record.
class MarkLook {
 public:
  MarkLook(rd_kafka_t* handle, const std::string& topic, Deadline deadline)
      : handle_(handle), topic_(topic), deadline_(deadline) {}

  Result<MarkSeen> At(const PlacedMark& placed) const;

 private:
  Result<Offset> Ask(PartitionId p, OffsetQuestion::Kind kind) const {
    return ListOffset(handle_, topic_, p, {kind, {}}, deadline_.remaining_ms());
  }
  Result<MarkSeen> Read(const PlacedMark& placed) const;

  rd_kafka_t* const handle_;
  const std::string& topic_;
  const Deadline deadline_;
};

Result<MarkSeen> MarkLook::At(const PlacedMark& placed) const {
  const Result<Offset> end = Ask(placed.partition, OffsetQuestion::Kind::kLatest);
  if (!end.ok()) return end.error();
  if (*end <= placed.mark.offset) return MarkSeen::kAnother;
  const Result<Offset> earliest = Ask(placed.partition, OffsetQuestion::Kind::kEarliest);
  if (!earliest.ok()) return earliest.error();
  if (*earliest > placed.mark.offset) return MarkSeen::kUnknown;
  return Read(placed);
}

Result<MarkSeen> MarkLook::Read(const PlacedMark& placed) const {
  const std::string asked = "read offset " + std::to_string(placed.mark.offset.value()) + " of topic " + topic_ +
                            " partition " + std::to_string(placed.partition.value()) + " again";
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), placed.partition.value())->offset =
      placed.mark.offset.value();
  const rd_kafka_resp_err_t code = rd_kafka_assign(handle_, list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle_, asked, code);
  while (!deadline_.passed()) {
    const Message message(rd_kafka_consumer_poll(handle_, kPollMs));
    if (message == nullptr || message->rkt == nullptr || message->partition != placed.partition.value()) continue;
    // Only control records follow up to the end, or the record has gone in the meantime.
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      return MarkSeen::kUnknown;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return QuestionFailed(handle_, asked, message->err, Right::Read(topic_));
    }
    // Compaction may have removed it.
    if (message->offset != placed.mark.offset.value()) return MarkSeen::kUnknown;
    return MarkOf(*message) == placed.mark ? MarkSeen::kSame : MarkSeen::kAnother;
  }
  return QuestionFailed(handle_, asked, RD_KAFKA_RESP_ERR__TIMED_OUT);
}

#if RD_KAFKA_VERSION >= 0x020300ff

struct DestroyTopicNames {
  void operator()(rd_kafka_TopicCollection_t* names) const { rd_kafka_TopicCollection_destroy(names); }
};
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct DestroyAdminOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};

Result<std::optional<std::string>> IdIn(rd_kafka_t* handle, const std::string& asked, rd_kafka_event_t* event) {
  if (event == nullptr) return QuestionFailed(handle, asked, RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return QuestionFailed(handle, asked, rd_kafka_event_error(event));
  }
  size_t count = 0;
  const rd_kafka_TopicDescription_t** const topics =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(event), &count);
  if (count != 1) return QuestionFailed(handle, asked, RD_KAFKA_RESP_ERR__BAD_MSG);
  const rd_kafka_error_t* const error = rd_kafka_TopicDescription_error(topics[0]);
  if (error != nullptr && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return QuestionFailed(handle, asked, rd_kafka_error_code(error));
  }
  const rd_kafka_Uuid_t* const id = rd_kafka_TopicDescription_topic_id(topics[0]);
  const bool is_known = rd_kafka_Uuid_most_significant_bits(id) != 0 || rd_kafka_Uuid_least_significant_bits(id) != 0;
  return is_known ? std::optional<std::string>(rd_kafka_Uuid_base64str(id)) : std::nullopt;
}

#endif

}  // namespace

RecordMark MarkOf(const rd_kafka_message_s& message) {
  rd_kafka_timestamp_type_t type{};
  Hash hash;
  hash.Add(rd_kafka_message_timestamp(&message, &type));
  // Hashes the lengths, too: bytes may move from the key to the value.
  hash.Add(static_cast<int64_t>(message.key_len));
  hash.Add(message.key, message.key == nullptr ? 0 : message.key_len);
  hash.Add(message.payload, message.payload == nullptr ? 0 : message.len);
  return {Offset(message.offset), hash.value()};
}

Result<MarkSeen> LookForMarks(const ClientConfig& config, const std::string& topic,
                              const std::vector<PlacedMark>& marks, int timeout_ms) {
  // The record that a worker read was committed, so an open transaction of another program need not delay this.
  const Result<Handle> handle = NewLookingConsumer(config, Isolation::kReadUncommitted);
  if (!handle.ok()) return handle.error();
  const MarkLook look(handle->get(), topic, Deadline(timeout_ms));
  for (const PlacedMark& placed : marks) {
    const Result<MarkSeen> seen = look.At(placed);
    if (!seen.ok() || *seen != MarkSeen::kUnknown) return seen;
  }
  return MarkSeen::kUnknown;
}

#if RD_KAFKA_VERSION >= 0x020300ff

Result<std::optional<std::string>> TopicId(rd_kafka_s* handle, const std::string& topic, int timeout_ms) {
  const std::string asked = "ask for the id of topic " + topic;
  const char* name = topic.c_str();
  const std::unique_ptr<rd_kafka_TopicCollection_t, DestroyTopicNames> names(
      rd_kafka_TopicCollection_of_topic_names(&name, 1));
  const std::unique_ptr<rd_kafka_AdminOptions_t, DestroyAdminOptions> options(
      rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS));
  char reason[256] = "";
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason, sizeof reason);
  const Queue queue(rd_kafka_queue_new(handle));
  rd_kafka_DescribeTopics(handle, names.get(), options.get(), queue.get());
  const std::unique_ptr<rd_kafka_event_t, DestroyEvent> event(rd_kafka_queue_poll(queue.get(), timeout_ms));
  return IdIn(handle, asked, event.get());
}

#else

Result<std::optional<std::string>> TopicId(rd_kafka_s* /*handle*/, const std::string& /*topic*/, int /*timeout_ms*/) {
  return std::optional<std::string>();
}

#endif

}  // namespace headcount::kafka
