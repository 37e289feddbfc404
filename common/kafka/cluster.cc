#include "common/kafka/cluster.h"

#include <librdkafka/rdkafka.h>

#include "common/kafka/errors.h"

namespace headcount::kafka {
namespace {

struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

// ListOffsets takes these in the place of a timestamp; rd_kafka_offsets_for_times passes them through.
constexpr int64_t kEarliestTimestamp = -2;
constexpr int64_t kLatestTimestamp = -1;

int64_t TimestampOf(OffsetQuestion question) {
  switch (question.kind) {
    case OffsetQuestion::Kind::kEarliest: return kEarliestTimestamp;
    case OffsetQuestion::Kind::kLatest: return kLatestTimestamp;
    case OffsetQuestion::Kind::kTime: return question.time.seconds() * 1000;
  }
  return kLatestTimestamp;
}

// Partitions [first, first + count) of the topic. -1 in the answer: no record at or after the time.
Result<std::vector<int64_t>> AskOffsets(rd_kafka_t* handle, const std::string& topic, int32_t first, int32_t count,
                                        int64_t timestamp, int timeout_ms) {
  const PartitionList list(rd_kafka_topic_partition_list_new(count));
  for (int32_t p = first; p < first + count; ++p) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = timestamp;
  }
  // Not rd_kafka_query_watermark_offsets: that one does not look at its timeout once it has asked.
  const rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(handle, list.get(), timeout_ms);
  const std::string asked = "ask for the offsets of topic " + topic;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle, asked, code);
  std::vector<int64_t> offsets(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    // By name and number: the answers need not come in the order of the questions.
    const rd_kafka_topic_partition_t* const answer =
        rd_kafka_topic_partition_list_find(list.get(), topic.c_str(), first + i);
    if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return QuestionFailed(handle, asked + " partition " + std::to_string(first + i), answer->err);
    }
    offsets[static_cast<size_t>(i)] = answer->offset;
  }
  return offsets;
}

Result<std::vector<Offset>> ListOffsetsOf(rd_kafka_t* handle, const std::string& topic, int32_t first, int32_t count,
                                          OffsetQuestion question, int timeout_ms) {
  Result<std::vector<int64_t>> answers = AskOffsets(handle, topic, first, count, TimestampOf(question), timeout_ms);
  if (!answers.ok()) return answers.error();
  std::vector<Offset> offsets;
  offsets.reserve(answers->size());
  for (const int64_t answer : *answers) offsets.emplace_back(answer);
  if (question.kind != OffsetQuestion::Kind::kTime) return offsets;

  Result<std::vector<int64_t>> ends = AskOffsets(handle, topic, first, count, kLatestTimestamp, timeout_ms);
  if (!ends.ok()) return ends.error();
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i].value() < 0) offsets[i] = Offset((*ends)[i]);
  }
  return offsets;
}

}  // namespace

Result<int32_t> PartitionCount(rd_kafka_s* handle, const std::string& topic, int timeout_ms) {
  const std::string asked = "ask for topic " + topic;
  const Topic local(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  if (local == nullptr) return QuestionFailed(handle, asked, rd_kafka_last_error());
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, local.get(), &answer, timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle, asked, code);
  const Metadata metadata(answer);
  if (metadata->topic_cnt != 1) return QuestionFailed(handle, asked, RD_KAFKA_RESP_ERR__BAD_MSG);

  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return Error{ExitCode::kHumanNeeded,
                 "there is no topic " + topic + " at " + Brokers(handle) + "; create it, or name another one"};
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle, asked, found.err);
  if (found.partition_cnt == 0) {
    return Error{ExitCode::kHumanNeeded, "topic " + topic + " at " + Brokers(handle) + " has no partitions"};
  }
  return static_cast<int32_t>(found.partition_cnt);
}

Result<std::vector<Offset>> ListOffsets(rd_kafka_s* handle, const std::string& topic, int32_t count,
                                        OffsetQuestion question, int timeout_ms) {
  return ListOffsetsOf(handle, topic, 0, count, question, timeout_ms);
}

Result<Offset> ListOffset(rd_kafka_s* handle, const std::string& topic, PartitionId partition, OffsetQuestion question,
                          int timeout_ms) {
  Result<std::vector<Offset>> offsets = ListOffsetsOf(handle, topic, partition.value(), 1, question, timeout_ms);
  if (!offsets.ok()) return offsets.error();
  return offsets->front();
}

}  // namespace headcount::kafka
