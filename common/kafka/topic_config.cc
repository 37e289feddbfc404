#include "common/kafka/topic_config.h"

#include <librdkafka/rdkafka.h>

#include <charconv>
#include <cstring>
#include <memory>

#include "common/kafka/handles.h"

namespace headcount::kafka {
namespace {

struct DestroyResource {
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
};
struct DestroyOptions {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

// librdkafka's own timeout may give the answer, a little late.
constexpr int kAnswerGraceMs = 200;

Event Ask(rd_kafka_t* handle, const std::string& topic, int timeout_ms) {
  const std::unique_ptr<rd_kafka_AdminOptions_t, DestroyOptions> options(
      rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  char reason[256] = "";
  if (rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason, sizeof reason) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return nullptr;
  }
  const std::unique_ptr<rd_kafka_ConfigResource_t, DestroyResource> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const Queue queue(rd_kafka_queue_new(handle));
  rd_kafka_ConfigResource_t* asked = resource.get();
  rd_kafka_DescribeConfigs(handle, &asked, 1, options.get(), queue.get());
  return Event(rd_kafka_queue_poll(queue.get(), timeout_ms + kAnswerGraceMs));
}

std::optional<int64_t> NumberIn(const char* text) {
  if (text == nullptr) return std::nullopt;
  int64_t number = 0;
  const char* const end = text + strlen(text);
  const auto [stopped, error] = std::from_chars(text, end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<int64_t> TopicNumber(rd_kafka_s* handle, const std::string& topic, const std::string& setting,
                                   int timeout_ms) {
  const Event event = Ask(handle, topic, timeout_ms);
  if (event == nullptr) return std::nullopt;
  const rd_kafka_DescribeConfigs_result_t* const result = rd_kafka_event_DescribeConfigs_result(event.get());
  if (result == nullptr || rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
  size_t resources = 0;
  const rd_kafka_ConfigResource_t** const found = rd_kafka_DescribeConfigs_result_resources(result, &resources);
  for (size_t r = 0; r < resources; ++r) {
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t** const entry = rd_kafka_ConfigResource_configs(found[r], &entries);
    for (size_t e = 0; e < entries; ++e) {
      if (setting == rd_kafka_ConfigEntry_name(entry[e])) return NumberIn(rd_kafka_ConfigEntry_value(entry[e]));
    }
  }
  return std::nullopt;
}

}  // namespace headcount::kafka
