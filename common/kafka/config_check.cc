#include "common/kafka/config_check.h"

#include "common/kafka/cluster.h"
#include "common/kafka/partition_consumer.h"
#include "common/kafka/transactional_producer.h"

namespace headcount::kafka {
namespace {

// As large as a worker's. It only has to be sensible, since the client fetches nothing.
constexpr uint64_t kFetchBudgetBytes = uint64_t{16} << 20;

}  // namespace

Result<void> CheckClients(const ClientConfig& config, const std::string& input_topic) {
  ClientConfig alone = config;
  alone.bootstrap_server.clear();
  const auto consumer = PartitionConsumer::Create(alone, input_topic, FetchLimits::For(kFetchBudgetBytes, 1));
  if (!consumer) return consumer.error();
  const auto producer = TransactionalProducer::Create(alone, "headcount-" + config.group);
  if (!producer) return producer.error();
  return {};
}

Result<void> CheckTopics(const ClientConfig& config, const std::string& input_topic, const std::string& output_topic,
                         int timeout_ms) {
  Result<Handle> handle = NewAskingConsumer(config, Isolation::kReadCommitted, GroupUse::kNone);
  if (!handle) return handle.error();
  const Result<int32_t> input = PartitionCount(handle->get(), input_topic, timeout_ms);
  if (!input) return input.error();
  const Result<int32_t> output = PartitionCount(handle->get(), output_topic, timeout_ms, TopicUse::kOutput);
  if (!output) return output.error();
  return {};
}

}  // namespace headcount::kafka
