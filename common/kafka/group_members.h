// Lists the members of a consumer group. headcount is no member: it commits under the group's name alone, and Kafka
// allows that beside members. So Kafka does not keep other members out, but the log can name them. Runs in the writer.
#pragma once

#include <string>
#include <vector>

struct rd_kafka_s;

namespace headcount::kafka {

// Each member as "its client.id at its host". Empty: the group has no member, or no answer came in time. The answer
// leaves out members of the newer group protocol (KIP-848). librdkafka 2.0.2 has no other safe question: its
// DescribeConsumerGroups may end the process when a broker goes.
std::vector<std::string> GroupMembers(rd_kafka_s* handle, const std::string& group, int timeout_ms);

}  // namespace headcount::kafka
