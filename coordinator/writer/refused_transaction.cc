#include "coordinator/writer/refused_transaction.h"

#include <algorithm>
#include <string>

#include "common/base/limits.h"
#include "common/kafka/advice.h"
#include "common/kafka/cluster.h"
#include "common/kafka/topic_config.h"
#include "common/log/log.h"

namespace headcount {
namespace {

std::optional<int64_t> TopicTakes(const kafka::TransactionalProducer& producer, const std::string& topic) {
  return kafka::TopicNumber(producer.handle(), topic, "max.message.bytes", limits::kTopicConfigMs);
}

size_t LargestRecord(const kafka::Transaction& transaction) {
  size_t largest = 0;
  for (const kafka::OutputRecord& record : transaction.records) {
    largest = std::max(largest, record.key.size() + record.value.size());
  }
  return largest;
}

}  // namespace

std::optional<kafka::BatchLimit> SmallerBatches(const kafka::TransactionalProducer& producer,
                                                const kafka::Transaction& transaction,
                                                const kafka::TransactionResult& refused,
                                                const kafka::BatchLimit& limit) {
  if (refused.refused_by_client || transaction.records.empty()) return std::nullopt;
  const std::optional<int64_t> takes = TopicTakes(producer, transaction.output_topic);
  const std::optional<kafka::BatchLimit> smaller = kafka::SmallerThan(limit, producer.batch_bytes(), takes);
  if (!smaller) return std::nullopt;
  Log(LogAction::kBatchesLimited,
      "topic " + transaction.output_topic + " refuses batches as large as these (its max.message.bytes" +
          (takes ? ": " + std::to_string(*takes) : std::string(" is not known")) + "); from now on " +
          (smaller->one_record ? std::string("each record is sent alone")
                               : "a batch has " + std::to_string(smaller->bytes) + " bytes at most"),
      {{LogLabel::kTopic, transaction.output_topic}});
  return smaller;
}

Error RefusedPermanently(const kafka::TransactionalProducer& producer, const kafka::Transaction& transaction,
                         const kafka::TransactionResult& refused) {
  kafka::AdviceFacts facts;
  facts.brokers = kafka::BrokersOf(producer.handle());
  facts.output_topic = transaction.output_topic;
  facts.group = producer.group();
  facts.largest_record_bytes = LargestRecord(transaction);
  if (refused.refused_by_client) {
    facts.client_takes_bytes = producer.batch_bytes();
  } else if (refused.error_class == kafka::ErrorClass::kSmallerBatches) {
    facts.topic_takes_bytes = TopicTakes(producer, transaction.output_topic);
  }
  const std::string advice = kafka::AdviceFor(refused.code, facts);
  return {ExitCode::kHumanNeeded,
          "Kafka refuses what is to be committed: " + refused.message + (advice.empty() ? "" : "; " + advice)};
}

}  // namespace headcount
