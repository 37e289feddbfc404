// Asks the brokers that answer what delays transactions. librdkafka only tells its client that the time ran out, not
// that replicas are missing or for which broker it waited. Runs in the writer, between two attempts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

struct rd_kafka_s;

namespace headcount::kafka {

// --- The facts ------------------------------------------------------------------------------------------------

// A partition that the transaction needs.
struct NeededPartition {
  enum class For { kTransaction, kGroup, kRecords };

  For needed_for = For::kRecords;
  std::string owner;  // the transactional id, or the group
  std::string topic;
  int32_t partition = 0;
  int32_t leader = -1;  // -1: it has no leader
  bool leader_answers = true;
  std::vector<int32_t> replicas;
  std::vector<int32_t> in_sync;
  std::optional<int64_t> min_in_sync;  // the topic's min.insync.replicas
};

// host:port of the brokers that are in the cluster now, by id.
using BrokerAddresses = std::map<int32_t, std::string>;

// The sentence for the first partition that delays transactions. nullopt: none does.
std::optional<std::string> ObstacleAmong(const std::vector<NeededPartition>& needed, const BrokerAddresses& brokers);

// The partition of __transaction_state or __consumer_offsets that keeps this id or group. Brokers compute it by Java's
// hash of a string. nullopt: the id is not ASCII.
std::optional<int32_t> KeepingPartition(const std::string& id, int32_t partition_count);

// --- The questions --------------------------------------------------------------------------------------------

struct ObstacleQuestion {
  std::string output_topic;
  std::string group;
  std::string transactional_id;
};

// The obstacle, as a sentence. nullopt: no broker answers, or the answers explain nothing. Leaves out what the client
// may not see (ACL Describe on the two internal topics).
std::optional<std::string> FindObstacle(rd_kafka_s* handle, const ObstacleQuestion& question, int timeout_ms);

}  // namespace headcount::kafka
