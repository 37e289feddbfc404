// Whether a job could start with these settings, without starting it: nothing is claimed, joined or written. For a
// process that never forks, because clients have threads.
#pragma once

#include <string>

#include "common/base/result.h"
#include "common/kafka/client_config.h"

namespace headcount::kafka {

// Makes the clients that worker and writer make, connects them to nobody, and lets them go: librdkafka reads
// certificates, and compares properties with each other, only then. kUsage.
Result<void> CheckClients(const ClientConfig& config, const std::string& input_topic);

// Whether the broker lets us in (kHumanNeeded, with what would be right), answers (kUnavailable), and has these topics,
// with partitions (kHumanNeeded, with the topic).
Result<void> CheckTopics(const ClientConfig& config, const std::string& input_topic, const std::string& output_topic,
                         int timeout_ms);

}  // namespace headcount::kafka
