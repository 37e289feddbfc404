#include "common/kafka/committed.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"

namespace headcount::kafka {
namespace {

// With 3,000 bytes of metadata a partition, an answer stays near a megabyte.
constexpr int32_t kPartitionsAQuestion = 250;

// With no time at all librdkafka may serve something else and return nothing.
constexpr int kLookMs = 10;

CommittedOffset PointOf(const rd_kafka_topic_partition_t& answer) {
  CommittedOffset point;
  if (answer.offset >= 0) point.offset = Offset(answer.offset);
  if (answer.metadata != nullptr) {
    point.metadata.assign(static_cast<const char*>(answer.metadata), answer.metadata_size);
  }
  return point;
}

// A client without rights to the group does not learn the group's coordinator, and its question just times out. Only an
// event in the consumer's queue names the cause. Nothing else is in that queue, because the consumer reads no topic.
bool HearsThatGroupIsForbidden(rd_kafka_t* handle) {
  for (;;) {
    const Message message(rd_kafka_consumer_poll(handle, kLookMs));
    if (message == nullptr) return false;
    if (message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) return true;
  }
}

// Appends the committed offsets of partitions [first, last).
Result<void> ReadSome(rd_kafka_t* handle, const std::string& group, const std::string& topic, int32_t first,
                      int32_t last, int timeout_ms, std::vector<CommittedOffset>* points) {
  const std::string asked = "read the committed offsets of group " + group + " for topic " + topic;
  const PartitionList list(rd_kafka_topic_partition_list_new(last - first));
  rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), first, last - 1);
  const rd_kafka_resp_err_t code = AskUntil(handle, timeout_ms, [&](int share_ms) {
    const rd_kafka_resp_err_t answer = rd_kafka_committed(handle, list.get(), share_ms);
    return answer == RD_KAFKA_RESP_ERR__TIMED_OUT && HearsThatGroupIsForbidden(handle)
               ? RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
               : answer;
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle, asked, code, Right::OfGroup(group));
  for (int32_t p = first; p < last; ++p) {
    const rd_kafka_topic_partition_t* const answer = rd_kafka_topic_partition_list_find(list.get(), topic.c_str(), p);
    if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return QuestionFailed(handle, asked + " partition " + std::to_string(p), answer->err, Right::Read(topic));
    }
    points->push_back(PointOf(*answer));
  }
  return {};
}

}  // namespace

Result<CommittedReader> CommittedReader::Create(const ClientConfig& config) {
  Result<Handle> consumer = NewAskingConsumer(config, Isolation::kReadCommitted, GroupUse::kOfConfig);
  if (!consumer.ok()) return consumer.error();
  return CommittedReader(config.group, std::move(consumer.value()));
}

Result<std::vector<CommittedOffset>> CommittedReader::Read(const std::string& topic, int32_t count,
                                                           int timeout_ms) const {
  const Deadline deadline(timeout_ms);
  std::vector<CommittedOffset> points;
  points.reserve(static_cast<size_t>(count));
  for (int32_t first = 0; first < count; first += kPartitionsAQuestion) {
    const int32_t last = std::min(first + kPartitionsAQuestion, count);
    Result<void> read = ReadSome(consumer_.get(), group_, topic, first, last, deadline.remaining_ms(), &points);
    if (!read.ok()) return read.error();
  }
  return points;
}

}  // namespace headcount::kafka
