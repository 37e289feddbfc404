// Reads a topic's settings as the brokers apply them. Runs in the writer, after a broker has refused something.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

struct rd_kafka_s;

namespace headcount::kafka {

// A numeric setting such as max.message.bytes. nullopt: no answer within the time, no such setting, or no right to ask
// (ACL DescribeConfigs on the topic, which the job does not need).
std::optional<int64_t> TopicNumber(rd_kafka_s* handle, const std::string& topic, const std::string& setting,
                                   int timeout_ms);

}  // namespace headcount::kafka
