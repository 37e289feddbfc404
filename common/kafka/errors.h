// What an error code of librdkafka means for the job. For the .cc files of this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "common/base/result.h"
#include "common/kafka/deadline.h"
#include "common/kafka/handles.h"
#include "common/kafka/reception.h"

namespace headcount::kafka {

// librdkafka tells nobody who waits for an answer that there will be none. After this it is looked whether.
constexpr int kFirstShareMs = 500;
// librdkafka's clock and ours do not end a time at the same millisecond.
constexpr int kEarlyMs = 50;

// Asking again cannot help: no such topic or partition, no right to it, a name that cannot be (error_table.h).
bool IsPermanent(rd_kafka_resp_err_t code);

// What the user of a client may have to be allowed, in the words of Kafka's access control lists. Read and Write bring
// Describe along.
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

// Whether the code says that a right is missing.
bool IsForbidden(rd_kafka_resp_err_t code);

// Whether the code says only that no answer came.
bool IsSilence(rd_kafka_resp_err_t code);

// Which right is missing, and what gives it.
std::string Missing(const Right& right);

// The sentence for a question that failed: what was asked, of which brokers, what was wrong; where it was forbidden,
// which right the question needs. Whoever is turned away for good needs a human, whatever the code.
Error QuestionFailed(rd_kafka_t* handle, const std::string& asked, rd_kafka_resp_err_t code, const Right& needed = {});

// Asks as `ask(timeout_ms)` does, which answers with a code, until there is an answer, the time is up, or the brokers
// have turned the client away for good. Begins with short questions, which a broker that is well answers; the last one
// has half of the time.
template <typename Ask>
rd_kafka_resp_err_t AskPatiently(rd_kafka_t* handle, int timeout_ms, const Ask& ask) {
  const Deadline deadline(timeout_ms);
  for (int share_ms = kFirstShareMs;; share_ms *= 2) {
    const int left_ms = deadline.remaining_ms();
    const bool last = left_ms < 2 * share_ms;
    const Deadline share(last ? left_ms : share_ms);
    const rd_kafka_resp_err_t code = ask(share.remaining_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) Reception::Of(handle).Answered();
    // An error that came before its time is the answer too.
    if (last || !IsSilence(code) || share.remaining_ms() > kEarlyMs) return code;
    if (Reception::Of(handle).TurnedAway(handle)) return code;
  }
}

// The brokers this client was given, for messages.
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
