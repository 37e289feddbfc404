// What holds transactions up, asked of the brokers that do answer. To its client librdkafka says only that the time ran
// out: not that replicas are missing, nor which broker it waited for. Runs in the writer, between two attempts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct rd_kafka_s;

namespace headcount::kafka {

// --- What was seen --------------------------------------------------------------------------------------------

// A partition that a transaction cannot do without.
struct NeededPartition {
  enum class For { kTransaction, kGroup, kRecords };

  For needed_for = For::kRecords;
  std::string owner;  // the transactional id, or the group
  std::string topic;
  int32_t partition = 0;
  int32_t leader = -1;  // -1: it has none
  bool leader_answers = true;
  std::vector<int32_t> replicas;
  std::vector<int32_t> in_sync;
  std::optional<int64_t> min_in_sync;  // the topic's min.insync.replicas
};

// host:port of the brokers that are in the cluster now, by id.
using BrokerAddresses = std::map<int32_t, std::string>;

// The sentence for the first that holds transactions up; nothing: none of them does.
std::optional<std::string> ObstacleAmong(const std::vector<NeededPartition>& needed, const BrokerAddresses& brokers);

// Which partition of __transaction_state or __consumer_offsets keeps this id or group, as brokers compute it (by Java's
// hash of a string). Nothing for an id that is not ASCII.
std::optional<int32_t> KeepingPartition(const std::string& id, int32_t partition_count);

// --- The questions --------------------------------------------------------------------------------------------

struct ObstacleQuestion {
  std::string output_topic;
  std::string group;
  std::string transactional_id;
};

// Nothing: no broker answers, or what they answer explains nothing. What the client may not see (ACL Describe on the
// two internal topics) is left out.
std::optional<std::string> FindObstacle(rd_kafka_s* handle, const ObstacleQuestion& question, int timeout_ms);

}  // namespace headcount::kafka
