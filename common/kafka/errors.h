// What an error code of librdkafka means for the job. For the .cc files of this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "common/kafka/handles.h"
#include "common/result.h"

namespace headcount::kafka {

// Asking again cannot help: no such topic or partition, no right to it, a name that cannot be.
bool IsPermanent(rd_kafka_resp_err_t code);

// The sentence for a question that failed: what was asked, of which brokers, what was wrong.
Error QuestionFailed(rd_kafka_t* handle, const std::string& asked, rd_kafka_resp_err_t code);

// The brokers this client was given, for messages.
std::string Brokers(rd_kafka_t* handle);

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

struct DestroyError {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using KafkaError = std::unique_ptr<rd_kafka_error_t, DestroyError>;

}  // namespace headcount::kafka
