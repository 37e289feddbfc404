// What a topic's settings say, as the brokers have them in force. Runs in the writer, where something was refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

struct rd_kafka_s;

namespace headcount::kafka {

// A setting that is a number, as max.message.bytes; nothing where it cannot be had: no answer within the time, no right
// to ask (ACL DescribeConfigs on the topic, which the job does not need), no such setting.
std::optional<int64_t> TopicNumber(rd_kafka_s* handle, const std::string& topic, const std::string& setting,
                                   int timeout_ms);

}  // namespace headcount::kafka
