// Checks whether a job could start with these settings, without a start: it takes nothing over, joins no group and
// writes nothing. Runs in `run --check-config`, a process that never forks, because clients have threads.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/kafka/client_config.h"

namespace headcount::kafka {

// Makes the clients of worker and writer without connecting them, and destroys them. Only then does librdkafka read
// certificates and compare properties with each other. The error is kUsage.
Result<void> CheckClients(const ClientConfig& config, const std::string& input_topic);

// Whether the broker accepts the client (kHumanNeeded, with a hint), answers (kUnavailable), and has both topics with
// partitions (kHumanNeeded, with the topic).
Result<void> CheckTopics(const ClientConfig& config, const std::string& input_topic, const std::string& output_topic,
                         int timeout_ms);

}  // namespace headcount::kafka
