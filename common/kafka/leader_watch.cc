#include "common/kafka/leader_watch.h"

#include <rapidjson/document.h>

#include <optional>
#include <string>

namespace headcount::kafka {
namespace {

using Value = rapidjson::Value;

constexpr int64_t kUnansweredUs = 1'000'000;

struct Broker {
  bool answers = false;
  int64_t disconnects = 0;
};

const Value* Member(const Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  const auto found =
      object.FindMember(Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  return found == object.MemberEnd() ? nullptr : &found->value;
}

int64_t Number(const Value& object, std::string_view name, int64_t otherwise) {
  const Value* const value = Member(object, name);
  return value != nullptr && value->IsInt64() ? value->GetInt64() : otherwise;
}

bool Answers(const Value& broker) {
  const Value* const state = Member(broker, "state");
  if (state == nullptr || !state->IsString()) return false;
  const std::string_view text(state->GetString(), state->GetStringLength());
  // UPDATE: connected, and asking for metadata.
  if (text != "UP" && text != "UPDATE") return false;
  return Number(broker, "waitresp_cnt", 0) == 0 || Number(broker, "rxidle", 0) < kUnansweredUs;
}

std::map<int64_t, Broker> BrokersIn(const Value& statistics) {
  std::map<int64_t, Broker> brokers;
  const Value* const all = Member(statistics, "brokers");
  if (all == nullptr || !all->IsObject()) return brokers;
  for (const auto& entry : all->GetObject()) {
    const int64_t id = Number(entry.value, "nodeid", -1);
    if (id >= 0) brokers[id] = {Answers(entry.value), Number(entry.value, "disconnects", 0)};
  }
  return brokers;
}

}  // namespace

void LeaderWatch::Look(std::string_view text, std::string_view topic) {
  // Iterative, as everywhere: the text is librdkafka's own, but it contains names from brokers.
  rapidjson::Document statistics;
  statistics.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (statistics.HasParseError()) return;
  const Value* const topics = Member(statistics, "topics");
  const Value* const ours = topics == nullptr ? nullptr : Member(*topics, topic);
  const Value* const partitions = ours == nullptr ? nullptr : Member(*ours, "partitions");
  if (partitions == nullptr || !partitions->IsObject()) return;
  const std::map<int64_t, Broker> brokers = BrokersIn(statistics);
  for (const auto& entry : partitions->GetObject()) {
    const int64_t number = Number(entry.value, "partition", -1);
    if (number < 0) continue;  // librdkafka's entry for records without a partition
    const int64_t leader = Number(entry.value, "leader", -1);
    // A consumer that reads from a near replica (client.rack) may have no connection to the leader.
    const auto broker = brokers.find(Number(entry.value, "broker", leader));
    const bool answers = broker != brokers.end() && broker->second.answers;
    const int64_t disconnects = broker == brokers.end() ? 0 : broker->second.disconnects;
    const auto [known, first] = partitions_.try_emplace(PartitionId(static_cast<int32_t>(number)));
    Seen& seen = known->second;
    // A leader that has never answered is not lost: the start has a timeout of its own.
    if (first && !answers) {
      partitions_.erase(known);
      continue;
    }
    const bool changed = !first && (leader != seen.leader || disconnects != seen.disconnects);
    if (changed || (seen.contact.answers && !answers)) ++seen.contact.losses;
    seen.contact.answers = answers;
    // A lost leader may come back as it was: the count of its connection goes on.
    seen.leader = leader;
    seen.disconnects = disconnects;
  }
}

LeaderWatch::Contact LeaderWatch::Of(PartitionId p) const {
  const auto found = partitions_.find(p);
  return found == partitions_.end() ? Contact() : found->second.contact;
}

}  // namespace headcount::kafka
