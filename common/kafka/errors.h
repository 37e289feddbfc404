// What an error code of librdkafka means for the job. For the .cc files of this folder; runs in workers and writer.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "common/base/result.h"
#include "common/kafka/connection_errors.h"
#include "common/kafka/deadline.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

// librdkafka does not tell a waiting caller that no answer will come. After this time AskUntil() looks at the
// connection errors.
constexpr int kFirstShareMs = 500;
// librdkafka's clock and ours end a time at different milliseconds.
constexpr int kEarlyMs = 50;

// Whether asking again cannot help: no such topic or partition, no right to it, an impossible name (error_table.h).
bool IsPermanent(rd_kafka_resp_err_t code);

// A right that the user of a client may need, in the words of Kafka's access control lists. Read and Write include
// Describe.
struct Right {
  enum class Kind { kNone, kRead, kWrite, kReadAndWrite };
  Kind kind = Kind::kNone;
  const char* resource = "";  // Topic, Group, TransactionalId
  std::string name;

  static Right Read(const std::string& topic) { return {Kind::kRead, "Topic", topic}; }
  static Right Write(const std::string& topic) { return {Kind::kWrite, "Topic", topic}; }
  static Right OfGroup(const std::string& group) { return {Kind::kRead, "Group", group}; }
  static Right OfId(const std::string& id) { return {Kind::kWrite, "TransactionalId", id}; }
};

// Whether the code means that a right is missing.
bool IsForbidden(rd_kafka_resp_err_t code);

// Whether the code means only that no answer came.
bool IsSilence(rd_kafka_resp_err_t code);

// Which right is missing, and which command grants it.
std::string Missing(const Right& right);

// The error for a question that failed: what the client asked, of which brokers, and what was wrong. If the broker
// forbade it, the error names the right that the question needs. A permanent failure is kHumanNeeded, whatever the
// code.
Error QuestionFailed(rd_kafka_t* handle, const std::string& asked, rd_kafka_resp_err_t code, const Right& needed = {});

// Calls `ask(timeout_ms)`, which returns a code, until an answer comes, the time is up, or ConnectionErrors reports a
// permanent failure. Begins with short questions, which a healthy broker answers in time. The last question has half of
// the time.
template <typename Ask>
rd_kafka_resp_err_t AskUntil(rd_kafka_t* handle, int timeout_ms, const Ask& ask) {
  const Deadline deadline(timeout_ms);
  for (int share_ms = kFirstShareMs;; share_ms *= 2) {
    const int left_ms = deadline.remaining_ms();
    const bool last = left_ms < 2 * share_ms;
    const Deadline share(last ? left_ms : share_ms);
    const rd_kafka_resp_err_t code = ask(share.remaining_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) ConnectionErrors::Of(handle).Answered();
    // An error that comes before the time is up is an answer, too.
    if (last || !IsSilence(code) || share.remaining_ms() > kEarlyMs) return code;
    if (ConnectionErrors::Of(handle).PermanentFailure(handle)) return code;
  }
}

// The brokers of this client, for messages.
std::string Brokers(rd_kafka_t* handle);

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Message = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;

struct DestroyError {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using KafkaError = std::unique_ptr<rd_kafka_error_t, DestroyError>;

}  // namespace headcount::kafka
