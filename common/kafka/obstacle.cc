#include "common/kafka/obstacle.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"
#include "common/kafka/topic_config.h"

namespace headcount::kafka {
namespace {

using For = NeededPartition::For;

constexpr char kTransactionTopic[] = "__transaction_state";
constexpr char kGroupTopic[] = "__consumer_offsets";
// The time in which one leader must give any answer.
constexpr int kLeaderAnswersMs = 700;

// --- The sentence ---------------------------------------------------------------------------------------------

std::string Place(const NeededPartition& p) {
  return "partition " + std::to_string(p.partition) + " of topic " + p.topic;
}

std::string BrokerText(int32_t id, const BrokerAddresses& brokers) {
  const auto found = brokers.find(id);
  const std::string name = "broker " + std::to_string(id);
  return found == brokers.end() ? name + ", which is not in the cluster now" : name + " at " + found->second;
}

// The replicas that are not in sync.
std::string Absent(const NeededPartition& p, const BrokerAddresses& brokers) {
  std::string text;
  for (const int32_t id : p.replicas) {
    if (std::find(p.in_sync.begin(), p.in_sync.end(), id) != p.in_sync.end()) continue;
    text += (text.empty() ? "" : "; ") + BrokerText(id, brokers);
  }
  return text;
}

// The owner of the work that waits.
std::string Who(const NeededPartition& p) {
  switch (p.needed_for) {
    case For::kTransaction: return "the transaction coordinator of " + p.owner;
    case For::kGroup: return "the coordinator of group " + p.owner;
    case For::kRecords: return "the output";
  }
  return "";
}

std::optional<std::string> Trouble(const NeededPartition& p, const BrokerAddresses& brokers) {
  if (p.leader < 0) {
    std::string replicas;
    for (const int32_t id : p.replicas) replicas += (replicas.empty() ? "" : "; ") + BrokerText(id, brokers);
    return Who(p) + " is away: " + Place(p) + " has no leader (its replicas: " + replicas + ")";
  }
  if (!p.leader_answers) {
    return Who(p) + " is away: the leader of " + Place(p) + ", " + BrokerText(p.leader, brokers) + ", does not answer";
  }
  const bool short_of_some = p.in_sync.size() < p.replicas.size();
  const std::string counts =
      std::to_string(p.in_sync.size()) + " of its " + std::to_string(p.replicas.size()) + " replicas in sync";
  if (p.min_in_sync && static_cast<int64_t>(p.in_sync.size()) < *p.min_in_sync) {
    return Who(p) + " waits for replicas (NOT_ENOUGH_REPLICAS): " + Place(p) + " has " + counts +
           ", and its min.insync.replicas is " + std::to_string(*p.min_in_sync) +
           (short_of_some ? "; missing: " + Absent(p, brokers)
                          : "; kafka-configs.sh sets it no higher than the number of replicas");
  }
  if (!p.min_in_sync && short_of_some) {
    return Who(p) +
           " may wait for replicas (NOT_ENOUGH_REPLICAS, if min.insync.replicas of the topic is more): " + Place(p) +
           " has " + counts + "; missing: " + Absent(p, brokers);
  }
  return std::nullopt;
}

// --- The questions --------------------------------------------------------------------------------------------

class Inquiry {
 public:
  Inquiry(rd_kafka_t* handle, int timeout_ms) : handle_(handle), deadline_(timeout_ms) {}

  // False: no broker answers.
  bool AddCoordinator(For needed_for, const char* topic, const std::string& id) {
    const Metadata metadata = Ask(topic);
    if (metadata == nullptr) return false;
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    const std::optional<int32_t> keeps = KeepingPartition(id, found.partition_cnt);
    for (int i = 0; i < found.partition_cnt && keeps; ++i) {
      if (found.partitions[i].id == *keeps) Add(needed_for, id, found, found.partitions[i]);
    }
    return true;
  }
  bool AddOutput(const std::string& topic) {
    const Metadata metadata = Ask(topic.c_str());
    if (metadata == nullptr) return false;
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    for (int i = 0; i < found.partition_cnt; ++i) Add(For::kRecords, "", found, found.partitions[i]);
    return true;
  }
  std::optional<std::string> Answer() {
    // The metadata costs no further question. The leaders are asked only if the metadata explains nothing.
    if (std::optional<std::string> seen = ObstacleAmong(needed_, brokers_)) return seen;
    AskLeaders();
    return ObstacleAmong(needed_, brokers_);
  }

 private:
  Metadata Ask(const char* topic) {
    const Topic local(rd_kafka_topic_new(handle_, topic, nullptr));
    const rd_kafka_metadata_t* answer = nullptr;
    if (local == nullptr ||
        rd_kafka_metadata(handle_, 0, local.get(), &answer, deadline_.remaining_ms()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return nullptr;
    }
    Metadata metadata(answer);
    if (metadata->topic_cnt != 1) return nullptr;
    for (int i = 0; i < metadata->broker_cnt; ++i) {
      const rd_kafka_metadata_broker_t& broker = metadata->brokers[i];
      brokers_[broker.id] = std::string(broker.host) + ":" + std::to_string(broker.port);
    }
    return metadata;
  }

  void Add(For needed_for, const std::string& owner, const rd_kafka_metadata_topic_t& topic,
           const rd_kafka_metadata_partition_t& partition) {
    NeededPartition needed;
    needed.needed_for = needed_for;
    needed.owner = owner;
    needed.topic = topic.topic;
    needed.partition = partition.id;
    needed.leader = partition.leader;
    needed.replicas.assign(partition.replicas, partition.replicas + partition.replica_cnt);
    needed.in_sync.assign(partition.isrs, partition.isrs + partition.isr_cnt);
    // The number of needed replicas matters only if some are missing.
    if (needed.leader >= 0 && needed.in_sync.size() < needed.replicas.size()) {
      if (asked_topic_ != needed.topic) {
        asked_topic_ = needed.topic;
        min_in_sync_ = TopicNumber(handle_, needed.topic, "min.insync.replicas", deadline_.remaining_ms());
      }
      needed.min_in_sync = min_in_sync_;
    }
    needed_.push_back(std::move(needed));
  }

  // Asks each broker once.
  void AskLeaders() {
    std::map<int32_t, bool> answers;
    for (NeededPartition& needed : needed_) {
      auto known = answers.find(needed.leader);
      if (known == answers.end()) {
        if (deadline_.passed()) return;
        known = answers.emplace(needed.leader, Answers(needed)).first;
      }
      needed.leader_answers = known->second;
    }
  }
  // This question goes to the leader itself. A refusal is an answer, too.
  bool Answers(const NeededPartition& needed) const {
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), needed.topic.c_str(), needed.partition)->offset = RD_KAFKA_OFFSET_END;
    const int timeout_ms = std::min(kLeaderAnswersMs, deadline_.remaining_ms());
    return !IsSilence(rd_kafka_offsets_for_times(handle_, list.get(), timeout_ms));
  }

  rd_kafka_t* const handle_;
  const Deadline deadline_;
  std::vector<NeededPartition> needed_;
  BrokerAddresses brokers_;
  std::string asked_topic_;
  std::optional<int64_t> min_in_sync_;  // of asked_topic_
};

}  // namespace

std::optional<std::string> ObstacleAmong(const std::vector<NeededPartition>& needed, const BrokerAddresses& brokers) {
  for (const NeededPartition& partition : needed) {
    if (std::optional<std::string> trouble = Trouble(partition, brokers)) return trouble;
  }
  return std::nullopt;
}

std::optional<int32_t> KeepingPartition(const std::string& id, int32_t partition_count) {
  if (partition_count <= 0) return std::nullopt;
  uint32_t hash = 0;
  for (const char c : id) {
    if (static_cast<unsigned char>(c) > 0x7f) return std::nullopt;
    hash = hash * 31 + static_cast<uint32_t>(c);
  }
  const auto signed_hash = static_cast<int32_t>(hash);
  const int64_t positive = signed_hash == INT32_MIN ? 0 : std::abs(static_cast<int64_t>(signed_hash));
  return static_cast<int32_t>(positive % partition_count);
}

std::optional<std::string> FindObstacle(rd_kafka_s* handle, const ObstacleQuestion& question, int timeout_ms) {
  Inquiry inquiry(handle, timeout_ms);
  if (!inquiry.AddCoordinator(For::kTransaction, kTransactionTopic, question.transactional_id) ||
      !inquiry.AddOutput(question.output_topic) || !inquiry.AddCoordinator(For::kGroup, kGroupTopic, question.group)) {
    return std::nullopt;
  }
  return inquiry.Answer();
}

}  // namespace headcount::kafka
