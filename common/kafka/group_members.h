// Who is a member of a consumer group. headcount is none of any: it commits by the group's name alone, and Kafka takes
// that beside members. So whoever reads with our group is not kept out by it, but can be named. Writer only.
#pragma once

#include <string>
#include <vector>

struct rd_kafka_s;

namespace headcount::kafka {

// Each as "its client.id at its host"; none where nobody is, or no answer came in time. Members of the newer group
// protocol (KIP-848) are not told to this question, which is the one that librdkafka 2.0.2 asks safely: its
// DescribeConsumerGroups may end the process when a broker goes.
std::vector<std::string> GroupMembers(rd_kafka_s* handle, const std::string& group, int timeout_ms);

}  // namespace headcount::kafka
