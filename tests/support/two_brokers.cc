#include "tests/support/two_brokers.h"

#include <signal.h>

#include <map>
#include <stdexcept>

#include "common/kafka/obstacle.h"

namespace headcount::test {
namespace {

constexpr char kScript[] = HEADCOUNT_SOURCE_DIR "/tests/support/two_brokers.sh";
constexpr int kAskMs = 5'000;

void Need(const Finished& done, const std::string& what) {
  if (done.status.code != 0) throw std::runtime_error(what + ": " + done.err);
}

std::string FirstLine(std::string text) { return text.substr(0, text.find('\n')); }

// The leader of each partition; empty: there is no such topic yet.
std::map<int32_t, int32_t> Leaders(const std::string& address, const std::string& topic) {
  const KafkaHandle handle = MakeHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", address}});
  rd_kafka_topic_t* const local = rd_kafka_topic_new(handle.get(), topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  std::map<int32_t, int32_t> leaders;
  if (rd_kafka_metadata(handle.get(), 0, local, &metadata, kAskMs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
      leaders[metadata->topics[0].partitions[i].id] = metadata->topics[0].partitions[i].leader;
    }
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(local);
  return leaders;
}

int32_t KeeperOf(const std::map<int32_t, int32_t>& leaders, const std::string& id) {
  return leaders.at(kafka::KeepingPartition(id, static_cast<int32_t>(leaders.size())).value());
}

}  // namespace

TwoBrokers::TwoBrokers(int copies_of_state) {
  const std::string where = directory_.path().string();
  try {
    Need(RunToEnd("bash", {kScript, where, "start", std::to_string(copies_of_state)}), "two brokers do not start");
  } catch (...) {
    RunToEnd("bash", {kScript, where, "stop"});
    throw;
  }
  for (int n = 1; n <= 2; ++n) addresses_[n - 1] = FirstLine(ReadFile(directory_ / (std::to_string(n) + "/bootstrap")));
}

TwoBrokers::~TwoBrokers() {
  Kafka(2, {"kill"});  // also where it stands still
  RunToEnd("bash", {kScript, directory_.path().string(), "stop"});
}

std::string TwoBrokers::GroupKeptBy(int offsets_broker, int transactions_broker) const {
  // The brokers make both topics when the first one asks for them.
  const TestBroker broker(addresses());
  const TestTopic topic(broker, "first", 1);
  const auto commits = [&] {
    try {
      broker.CommitPlain("first", topic.name(), 0, 0);
      return true;
    } catch (const KafkaError&) {
      return false;  // its coordinator is still being made
    }
  };
  if (!Eventually(commits)) throw std::runtime_error("no group can commit");
  TransactionalProducer first(broker, "first");
  std::map<int32_t, int32_t> groups;
  std::map<int32_t, int32_t> transactions;
  const auto all_lead = [&] {
    groups = Leaders(address(1), "__consumer_offsets");
    transactions = Leaders(address(1), "__transaction_state");
    if (groups.empty() || transactions.empty()) return false;
    for (const auto* const leaders : {&groups, &transactions}) {
      for (const auto& [partition, leader] : *leaders) {
        if (leader < 0) return false;
      }
    }
    return true;
  };
  if (!Eventually(all_lead)) throw std::runtime_error("the topics of groups and transactions have no leaders");
  constexpr int kTries = 10'000;
  for (int i = 0; i < kTries; ++i) {
    const std::string group = TestBroker::UniqueName("group");
    if (KeeperOf(groups, group) == offsets_broker &&
        KeeperOf(transactions, "headcount-" + group) == transactions_broker) {
      return group;
    }
  }
  throw std::runtime_error("no group is kept by broker " + std::to_string(offsets_broker));
}

void TwoBrokers::AwaitTopic(const std::string& topic) const {
  for (const int broker : {1, 2}) {
    if (!Eventually([&] { return !Leaders(address(broker), topic).empty(); })) {
      throw std::runtime_error("broker " + std::to_string(broker) + " does not know topic " + topic);
    }
  }
}

void TwoBrokers::FreezeSecond() const {
  if (kill(PidOfSecond(), SIGSTOP) != 0) throw std::runtime_error("broker 2 cannot be stopped");
}

void TwoBrokers::ThawSecond() const {
  if (kill(PidOfSecond(), SIGCONT) != 0) throw std::runtime_error("broker 2 cannot be woken");
}

void TwoBrokers::StopSecond() const { Need(Kafka(2, {"--wait", "20", "stop"}), "broker 2 does not stop"); }

void TwoBrokers::KillSecond() const { Need(Kafka(2, {"kill"}), "broker 2 cannot be killed"); }

void TwoBrokers::StartSecond() const {
  const std::string port = addresses_[1].substr(addresses_[1].rfind(':') + 1);
  const std::string added = (directory_ / "2/added.properties").string();
  Finished started;
  const bool runs = Eventually([&] {
    return (started = Kafka(2, {"--port", port, "--add", added, "start"})).status.code == 0;
  });
  if (!runs) Need(started, "broker 2 does not start");
}

Finished TwoBrokers::Kafka(int broker, const std::vector<std::string>& words) const {
  std::vector<std::string> all = {HEADCOUNT_SOURCE_DIR "/scripts/kafka.sh", "--dir",
                                  (directory_ / std::to_string(broker)).string()};
  all.insert(all.end(), words.begin(), words.end());
  return RunToEnd("bash", all);
}

pid_t TwoBrokers::PidOfSecond() const {
  const Finished pid = Kafka(2, {"pid"});
  Need(pid, "broker 2 does not run");
  return static_cast<pid_t>(std::stol(pid.out));
}

}  // namespace headcount::test
