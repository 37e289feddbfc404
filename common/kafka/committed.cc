#include "common/kafka/committed.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"

namespace headcount::kafka {
namespace {

// With 3,000 bytes of metadata a partition an answer stays near a megabyte.
constexpr int32_t kPartitionsAQuestion = 250;

CommittedPoint PointOf(const rd_kafka_topic_partition_t& answer) {
  CommittedPoint point;
  if (answer.offset >= 0) point.offset = Offset(answer.offset);
  if (answer.metadata != nullptr) {
    point.metadata.assign(static_cast<const char*>(answer.metadata), answer.metadata_size);
  }
  return point;
}

// Appends the points of partitions [first, last).
Result<void> ReadSome(rd_kafka_t* handle, const std::string& asked, const std::string& topic, int32_t first,
                      int32_t last, int timeout_ms, std::vector<CommittedPoint>* points) {
  const PartitionList list(rd_kafka_topic_partition_list_new(last - first));
  rd_kafka_topic_partition_list_add_range(list.get(), topic.c_str(), first, last - 1);
  const rd_kafka_resp_err_t code = rd_kafka_committed(handle, list.get(), timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle, asked, code);
  for (int32_t p = first; p < last; ++p) {
    const rd_kafka_topic_partition_t* const answer = rd_kafka_topic_partition_list_find(list.get(), topic.c_str(), p);
    if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return QuestionFailed(handle, asked + " partition " + std::to_string(p), answer->err);
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

Result<std::vector<CommittedPoint>> CommittedReader::Read(const std::string& topic, int32_t count,
                                                          int timeout_ms) const {
  const Deadline deadline(timeout_ms);
  const std::string asked = "read the committed offsets of group " + group_ + " for topic " + topic;
  std::vector<CommittedPoint> points;
  points.reserve(static_cast<size_t>(count));
  for (int32_t first = 0; first < count; first += kPartitionsAQuestion) {
    const int32_t last = std::min(first + kPartitionsAQuestion, count);
    Result<void> read = ReadSome(consumer_.get(), asked, topic, first, last, deadline.remaining_ms(), &points);
    if (!read.ok()) return read.error();
  }
  return points;
}

}  // namespace headcount::kafka
