#include "common/kafka/cluster.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <thread>
#include <utility>

#include "common/kafka/advice.h"
#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"

namespace headcount::kafka {
namespace {

// The ListOffsets request takes these instead of a timestamp; rd_kafka_offsets_for_times passes them through.
constexpr int64_t kEarliestTimestamp = -2;
constexpr int64_t kLatestTimestamp = -1;

// The pause between two requests for one question. A leader often comes back a moment later.
constexpr int kAskAgainMs = 50;

int64_t TimestampOf(OffsetQuestion question) {
  switch (question.kind) {
    case OffsetQuestion::Kind::kEarliest: return kEarliestTimestamp;
    case OffsetQuestion::Kind::kLatest: return kLatestTimestamp;
    case OffsetQuestion::Kind::kTime: return question.time.seconds() * 1000;
  }
  return kLatestTimestamp;
}

// Partitions [first, first + count) of the topic. -1 in the answer: no record at or after the time.
struct Question {
  const std::string& topic;
  int32_t first;
  int32_t count;
  int64_t timestamp;

  std::string HelpOrVersion() const { return "ask for the offsets of topic " + topic; }
};

// The result of one request: an error code, or the offsets by index.
struct Answer {
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::vector<int64_t> offsets;
};

Answer AskOnce(rd_kafka_t* handle, const Question& question, int timeout_ms) {
  const PartitionList list(rd_kafka_topic_partition_list_new(question.count));
  for (int32_t i = 0; i < question.count; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), question.topic.c_str(), question.first + i);
  }
  // Not rd_kafka_query_watermark_offsets: that function ignores its timeout once it has asked.
  Answer answer;
  answer.code = AskUntil(handle, timeout_ms, [&](int share_ms) {
    for (int32_t i = 0; i < question.count; ++i) list->elems[i].offset = question.timestamp;
    return rd_kafka_offsets_for_times(handle, list.get(), share_ms);
  });
  for (int32_t i = 0; i < question.count && answer.code == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    // By name and number, because the answers may come in another order than the questions.
    const rd_kafka_topic_partition_t* const found =
        rd_kafka_topic_partition_list_find(list.get(), question.topic.c_str(), question.first + i);
    answer.code = found->err;
    answer.offsets.push_back(found->offset);
  }
  return answer;
}

bool MayPass(rd_kafka_resp_err_t code) {
  // The broker that will lead a new partition does not know it for a moment.
  return !IsPermanent(code) || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

Result<std::vector<int64_t>> AskOffsets(rd_kafka_t* handle, const Question& question, int timeout_ms) {
  const Deadline deadline(timeout_ms);
  for (;;) {
    Answer answer = AskOnce(handle, question, deadline.remaining_ms());
    if (answer.code == RD_KAFKA_RESP_ERR_NO_ERROR) return std::move(answer.offsets);
    if (!MayPass(answer.code) || deadline.remaining_ms() <= kAskAgainMs) {
      return QuestionFailed(handle, question.HelpOrVersion(), answer.code, Right::Read(question.topic));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(kAskAgainMs));
  }
}

Result<std::vector<Offset>> ListOffsetsOf(rd_kafka_t* handle, const std::string& topic, int32_t first, int32_t count,
                                          OffsetQuestion question, int timeout_ms) {
  Result<std::vector<int64_t>> answers = AskOffsets(handle, {topic, first, count, TimestampOf(question)}, timeout_ms);
  if (!answers.ok()) return answers.error();
  std::vector<Offset> offsets;
  offsets.reserve(answers->size());
  for (const int64_t answer : *answers) offsets.emplace_back(answer);
  if (question.kind != OffsetQuestion::Kind::kTime) return offsets;

  Result<std::vector<int64_t>> ends = AskOffsets(handle, {topic, first, count, kLatestTimestamp}, timeout_ms);
  if (!ends.ok()) return ends.error();
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i].value() < 0) offsets[i] = Offset((*ends)[i]);
  }
  return offsets;
}

}  // namespace

std::string BrokersOf(rd_kafka_s* handle) { return Brokers(handle); }

Result<int32_t> PartitionCount(rd_kafka_s* handle, const std::string& topic, int timeout_ms, TopicUse use) {
  const std::string asked = "ask for topic " + topic;
  const Topic local(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  if (local == nullptr) return QuestionFailed(handle, asked, rd_kafka_last_error());
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t code = AskUntil(
      handle, timeout_ms, [&](int share_ms) { return rd_kafka_metadata(handle, 0, local.get(), &answer, share_ms); });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle, asked, code);
  const Metadata metadata(answer);
  if (metadata->topic_cnt != 1) return QuestionFailed(handle, asked, RD_KAFKA_RESP_ERR__BAD_MSG);

  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return Error{ExitCode::kHumanNeeded, "there is no topic " + topic + " at " + Brokers(handle) + "; create it (" +
                                             CommandToMake(Brokers(handle), topic, use == TopicUse::kOutput ? 1 : 0) +
                                             "), or name another one"};
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Right needed = Right::Read(topic);
    if (use == TopicUse::kOutput) needed.kind = Right::Kind::kReadAndWrite;
    return QuestionFailed(handle, asked, found.err, needed);
  }
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
