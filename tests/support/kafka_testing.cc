#include "tests/support/kafka_testing.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <tuple>
#include <utility>

namespace headcount::test {
namespace {

constexpr int kTimeoutMs = 30'000;
constexpr int kCopiesByDefault = -1;                   // of a topic: as the broker has it
constexpr std::chrono::milliseconds kPollInterval{5};  // of questions about metadata

template <auto Destroy>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Destroy(object);
  }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Deleter<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Deleter<rd_kafka_NewTopic_destroy>>;
using NewPartitions = std::unique_ptr<rd_kafka_NewPartitions_t, Deleter<rd_kafka_NewPartitions_destroy>>;
using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, Deleter<rd_kafka_ConfigResource_destroy>>;
using GoneTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Deleter<rd_kafka_DeleteTopic_destroy>>;
using GoneRecords = std::unique_ptr<rd_kafka_DeleteRecords_t, Deleter<rd_kafka_DeleteRecords_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, Deleter<rd_kafka_topic_partition_list_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Deleter<rd_kafka_message_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Deleter<rd_kafka_metadata_destroy>>;
using OwnedError = std::unique_ptr<rd_kafka_error_t, Deleter<rd_kafka_error_destroy>>;
using Text = std::array<char, 512>;

[[noreturn]] void Fail(const std::string& attempt, const std::string& why) { throw KafkaError(attempt + ": " + why); }

void Check(rd_kafka_resp_err_t code, const std::string& attempt) {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(attempt, rd_kafka_err2str(code));
}

void Check(rd_kafka_error_t* error, const std::string& attempt) {
  const OwnedError owned(error);
  if (owned) Fail(attempt, rd_kafka_error_string(owned.get()));
}

void CheckTopics(const rd_kafka_topic_result_t** results, size_t count, const std::string& attempt) {
  for (size_t i = 0; i < count; ++i) {
    if (rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const char* why = rd_kafka_topic_result_error_string(results[i]);
    Fail(attempt, why != nullptr ? why : rd_kafka_err2name(rd_kafka_topic_result_error(results[i])));
  }
}

// One administrative request and its answer: `ask` starts it, `judge` looks into the answer.
template <typename Ask, typename Judge>
void Administer(const TestBroker& broker, const std::string& attempt, rd_kafka_admin_op_t op, Ask ask, Judge judge) {
  const KafkaHandle handle = MakeHandle(RD_KAFKA_PRODUCER, broker.ConfigWith({}));
  const AdminOptions options(rd_kafka_AdminOptions_new(handle.get(), op));
  Text why{};
  Check(rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs, why.data(), why.size()), attempt);
  const Queue queue(rd_kafka_queue_new(handle.get()));
  ask(handle.get(), options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), kTimeoutMs + 5'000));
  if (!event) Fail(attempt, "no answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Fail(attempt, rd_kafka_event_error_string(event.get()));
  }
  judge(event.get());
}

int32_t PartitionsWithLeader(rd_kafka_t* handle, const std::string& topic) {
  const rd_kafka_metadata_t* raw = nullptr;
  rd_kafka_topic_t* local = rd_kafka_topic_new(handle, topic.c_str(), nullptr);
  const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, local, &raw, kTimeoutMs);
  rd_kafka_topic_destroy(local);
  Check(code, "asking for the partitions of " + topic);
  const Metadata metadata(raw);
  if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  int32_t count = 0;
  for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
    if (metadata->topics[0].partitions[i].leader >= 0) ++count;
  }
  return count;
}

// The first failure of a delivery goes to the opaque string.
void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* failure = static_cast<std::string*>(opaque);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && failure->empty()) *failure = rd_kafka_err2str(message->err);
}

// A flat list of what a record has; librdkafka's macros for it are written in old-style casts.
void ProduceOne(rd_kafka_t* handle, const std::string& topic, int32_t partition,
                const std::optional<std::string>& value, const std::optional<std::string>& key = std::nullopt) {
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = partition;
  parts[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[2].u.i = RD_KAFKA_MSG_F_COPY;
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  if (value) parts[3].u.mem = {const_cast<char*>(value->data()), value->size()};
  parts[4].vtype = RD_KAFKA_VTYPE_KEY;
  if (key) parts[4].u.mem = {const_cast<char*>(key->data()), key->size()};
  for (;;) {
    const OwnedError error(rd_kafka_produceva(handle, parts.data(), parts.size()));
    if (!error) return;
    if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      Fail("producing to " + topic, rd_kafka_error_string(error.get()));
    }
    rd_kafka_poll(handle, 10);
  }
}

std::string TextOf(const void* bytes, size_t length) { return {static_cast<const char*>(bytes), length}; }

KafkaRecord RecordOf(const rd_kafka_message_t& message) {
  KafkaRecord record{message.partition, message.offset, std::nullopt, std::nullopt,
                     rd_kafka_message_timestamp(&message, nullptr)};
  if (message.key != nullptr) record.key = TextOf(message.key, message.key_len);
  if (message.payload != nullptr) record.value = TextOf(message.payload, message.len);
  return record;
}

const char* NameOf(Isolation isolation) {
  return isolation == Isolation::kReadCommitted ? "read_committed" : "read_uncommitted";
}

// Absolute offsets: with logical ones the consumer starts half a second later.
// The first and the next offset. The leader of a topic just made may be named before it knows of its office.
std::pair<int64_t, int64_t> AskEnds(rd_kafka_t* handle, const std::string& topic, int32_t partition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  for (;;) {
    int64_t low = 0;
    int64_t high = 0;
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(handle, topic.c_str(), partition, &low, &high, kTimeoutMs);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {low, high};
    if (code != RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || std::chrono::steady_clock::now() > deadline) {
      Check(code, "asking for the ends of " + topic);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

PartitionList AllFromTheirBeginning(rd_kafka_t* handle, const std::string& topic, int32_t partitions) {
  PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int32_t p = 0; p < partitions; ++p) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p)->offset = AskEnds(handle, topic, p).first;
  }
  return list;
}

std::vector<KafkaRecord> ReadToEnds(rd_kafka_t* handle, int32_t partitions, const std::string& attempt) {
  std::vector<KafkaRecord> records;
  for (int32_t at_end = 0; at_end < partitions;) {
    const Message message(rd_kafka_consumer_poll(handle, kTimeoutMs));
    if (!message) Fail(attempt, "no record and no end");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++at_end;
      continue;
    }
    Check(message->err, attempt);
    records.push_back(RecordOf(*message));
  }
  return records;
}

void Set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  Text why{};
  if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) return;
  rd_kafka_conf_destroy(conf);
  Fail("setting " + key + "=" + value, why.data());
}

}  // namespace

KafkaHandle MakeHandle(rd_kafka_type_t type, const KafkaConfig& config,
                       const std::function<void(rd_kafka_conf_t*)>& prepare) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [key, value] : config) Set(conf, key, value);
  if (prepare) prepare(conf);
  Text why{};
  rd_kafka_t* handle = rd_kafka_new(type, conf, why.data(), why.size());
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);  // it takes the configuration only where it succeeds
    Fail("making a Kafka handle", why.data());
  }
  return KafkaHandle(handle);
}

TestBroker TestBroker::FromEnvironment() {
  static constexpr char kVariable[] = "HEADCOUNT_TEST_BOOTSTRAP_FILE";
  const char* path = std::getenv(kVariable);
  if (path == nullptr) Fail("looking for the tests' broker", std::string(kVariable) + " is not set");
  std::string address;
  if (!(std::ifstream(path) >> address)) Fail("looking for the tests' broker", std::string(path) + " holds no address");
  return TestBroker(address);
}

TestBroker::TestBroker(std::string bootstrap_server, KafkaConfig properties)
    : bootstrap_server_(std::move(bootstrap_server)), properties_(std::move(properties)) {}

KafkaConfig TestBroker::ConfigWith(const KafkaConfig& more) const {
  KafkaConfig config = {{"bootstrap.servers", bootstrap_server_}, {"log_level", "3"}};
  config.insert(config.end(), properties_.begin(), properties_.end());
  config.insert(config.end(), more.begin(), more.end());
  return config;
}

std::string TestBroker::UniqueName(const std::string& prefix) {
  static std::atomic<int> count{0};
  const auto now_us =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  return prefix + "-" + std::to_string(now_us.count()) + "-" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

void TestBroker::CreateTopic(const std::string& topic, int32_t partitions, const KafkaConfig& config,
                             const KafkaPlaces& places) const {
  const std::string attempt = "creating the topic " + topic;
  Text why{};
  const NewTopic request(rd_kafka_NewTopic_new(topic.c_str(), partitions, kCopiesByDefault, why.data(), why.size()));
  if (!request) Fail(attempt, why.data());
  for (const auto& [key, value] : config) {
    Check(rd_kafka_NewTopic_set_config(request.get(), key.c_str(), value.c_str()), attempt);
  }
  for (size_t p = 0; p < places.size(); ++p) {
    int32_t broker = places[p];
    Check(rd_kafka_NewTopic_set_replica_assignment(request.get(), static_cast<int32_t>(p), &broker, 1, why.data(),
                                                   why.size()),
          attempt);
  }
  rd_kafka_NewTopic_t* requests[] = {request.get()};
  Administer(
      *this, attempt, RD_KAFKA_ADMIN_OP_CREATETOPICS,
      [&](rd_kafka_t* handle, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(handle, requests, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_topic_result_t** topics =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
        CheckTopics(topics, count, attempt);
      });
  WaitForPartitions(topic, partitions);
}

void TestBroker::GrowTopic(const std::string& topic, int32_t partitions) const {
  const std::string attempt = "growing the topic " + topic;
  Text why{};
  const NewPartitions request(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(partitions), why.data(), why.size()));
  if (!request) Fail(attempt, why.data());
  rd_kafka_NewPartitions_t* requests[] = {request.get()};
  Administer(
      *this, attempt, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
      [&](rd_kafka_t* handle, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_CreatePartitions(handle, requests, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_topic_result_t** topics =
            rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
        CheckTopics(topics, count, attempt);
      });
  WaitForPartitions(topic, partitions);
}

void TestBroker::DeleteTopic(const std::string& topic) const {
  const std::string attempt = "deleting the topic " + topic;
  const GoneTopic request(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* requests[] = {request.get()};
  Administer(
      *this, attempt, RD_KAFKA_ADMIN_OP_DELETETOPICS,
      [&](rd_kafka_t* handle, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteTopics(handle, requests, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_topic_result_t** topics =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
        CheckTopics(topics, count, attempt);
      });
  WaitForPartitions(topic, 0);
}

void TestBroker::SetTopic(const std::string& topic, const std::string& setting, const std::string& value) const {
  const std::string attempt = "setting " + setting + " of " + topic;
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  Check(rd_kafka_ConfigResource_set_config(resource.get(), setting.c_str(), value.c_str()), attempt);
  rd_kafka_ConfigResource_t* requests[] = {resource.get()};
  Administer(
      *this, attempt, RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
      [&](rd_kafka_t* handle, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_AlterConfigs(handle, requests, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_ConfigResource_t** resources =
            rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
        for (size_t i = 0; i < count; ++i) Check(rd_kafka_ConfigResource_error(resources[i]), attempt);
      });
}

void TestBroker::DeleteRecords(const std::string& topic, int32_t partition, int64_t before_offset) const {
  const std::string attempt = "deleting records of " + topic;
  const PartitionList offsets(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(offsets.get(), topic.c_str(), partition)->offset = before_offset;
  const GoneRecords request(rd_kafka_DeleteRecords_new(offsets.get()));
  rd_kafka_DeleteRecords_t* requests[] = {request.get()};
  Administer(
      *this, attempt, RD_KAFKA_ADMIN_OP_DELETERECORDS,
      [&](rd_kafka_t* handle, rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteRecords(handle, requests, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        const rd_kafka_topic_partition_list_t* deleted =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        for (int i = 0; i < deleted->cnt; ++i) Check(deleted->elems[i].err, attempt);
      });
}

int32_t TestBroker::PartitionCount(const std::string& topic) const {
  // A consumer's question never makes the topic.
  const KafkaHandle handle =
      MakeHandle(RD_KAFKA_CONSUMER, ConfigWith({{"group.id", "none"}, {"allow.auto.create.topics", "false"}}));
  return PartitionsWithLeader(handle.get(), topic);
}

void TestBroker::WaitForPartitions(const std::string& topic, int32_t partitions) const {
  const KafkaHandle handle =
      MakeHandle(RD_KAFKA_CONSUMER, ConfigWith({{"group.id", "none"}, {"allow.auto.create.topics", "false"}}));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  while (PartitionsWithLeader(handle.get(), topic) != partitions) {
    if (std::chrono::steady_clock::now() > deadline) {
      Fail("waiting for " + topic, "it has not got " + std::to_string(partitions) + " partitions with a leader");
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

void TestBroker::Produce(const std::string& topic, int32_t partition, const KafkaValues& values,
                         const std::optional<std::string>& key) const {
  std::string failure;
  const KafkaHandle handle =
      MakeHandle(RD_KAFKA_PRODUCER,
                 ConfigWith({{"enable.idempotence", "true"}, {"linger.ms", "1"}, {"message.max.bytes", "100000000"}}),
                 [&failure](rd_kafka_conf_t* conf) {
                   rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
                   rd_kafka_conf_set_opaque(conf, &failure);
                 });
  PartitionsWithLeader(handle.get(), topic);  // without this question the first record waits a second
  for (const auto& value : values) ProduceOne(handle.get(), topic, partition, value, key);
  const rd_kafka_resp_err_t flushed = rd_kafka_flush(handle.get(), kTimeoutMs);
  if (!failure.empty()) Fail("producing to " + topic, failure);
  Check(flushed, "producing to " + topic);
}

std::vector<KafkaRecord> TestBroker::ReadAll(const std::string& topic, Isolation isolation) const {
  const std::string attempt = "reading the topic " + topic;
  const int32_t partitions = PartitionCount(topic);
  if (partitions == 0) Fail(attempt, "there is no such topic");
  const KafkaHandle handle = MakeHandle(RD_KAFKA_CONSUMER, ConfigWith({{"group.id", "none"},
                                                                       {"enable.auto.commit", "false"},
                                                                       {"enable.partition.eof", "true"},
                                                                       {"fetch.wait.max.ms", "10"},
                                                                       {"isolation.level", NameOf(isolation)}}));
  Check(rd_kafka_poll_set_consumer(handle.get()), attempt);
  const PartitionList list = AllFromTheirBeginning(handle.get(), topic, partitions);
  Check(rd_kafka_assign(handle.get(), list.get()), attempt);
  std::vector<KafkaRecord> records = ReadToEnds(handle.get(), partitions, attempt);
  rd_kafka_consumer_close(handle.get());
  std::sort(records.begin(), records.end(), [](const KafkaRecord& a, const KafkaRecord& b) {
    return std::tie(a.partition, a.offset) < std::tie(b.partition, b.offset);
  });
  return records;
}

std::pair<int64_t, int64_t> TestBroker::Ends(const std::string& topic, int32_t partition, Isolation isolation) const {
  const KafkaHandle handle =
      MakeHandle(RD_KAFKA_CONSUMER, ConfigWith({{"group.id", "none"}, {"isolation.level", NameOf(isolation)}}));
  return AskEnds(handle.get(), topic, partition);
}

std::vector<CommittedOffset> TestBroker::Committed(const std::string& group, const std::string& topic,
                                                   std::chrono::milliseconds timeout) const {
  const KafkaHandle handle = MakeHandle(RD_KAFKA_CONSUMER, ConfigWith({{"group.id", group}}));
  const int32_t partitions = PartitionsWithLeader(handle.get(), topic);
  const PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int32_t p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), p);
  const std::string attempt = "asking for the offsets of group " + group;
  Check(rd_kafka_committed(handle.get(), list.get(), static_cast<int>(timeout.count())), attempt);
  std::vector<CommittedOffset> out;
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& entry = list->elems[i];
    Check(entry.err, attempt);
    CommittedOffset& committed = out.emplace_back();
    committed.partition = entry.partition;
    if (entry.offset >= 0) committed.offset = entry.offset;
    committed.metadata = TextOf(entry.metadata, entry.metadata_size);
  }
  return out;
}

void TestBroker::CommitPlain(const std::string& group, const std::string& topic, int32_t partition, int64_t offset,
                             const std::string& metadata) const {
  const KafkaHandle handle =
      MakeHandle(RD_KAFKA_CONSUMER, ConfigWith({{"group.id", group}, {"enable.auto.commit", "false"}}));
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* entry = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  entry->offset = offset;
  if (!metadata.empty()) {
    entry->metadata = malloc(metadata.size());  // the list frees it
    std::copy(metadata.begin(), metadata.end(), static_cast<char*>(entry->metadata));
    entry->metadata_size = metadata.size();
  }
  const std::string attempt = "committing offsets of group " + group;
  Check(rd_kafka_commit(handle.get(), list.get(), 0), attempt);
  Check(entry->err, attempt);
}

TestTopic::TestTopic(const TestBroker& broker, const std::string& prefix, int32_t partitions, const KafkaConfig& config,
                     const KafkaPlaces& places)
    : broker_(broker), name_(TestBroker::UniqueName(prefix)) {
  broker_.CreateTopic(name_, partitions, config, places);
}

TestTopic::~TestTopic() {
  try {
    broker_.DeleteTopic(name_);
  } catch (const KafkaError&) {
    // The test may have deleted it, or killed the broker. The name is used by nobody else.
  }
}

TransactionalProducer::TransactionalProducer(const TestBroker& broker, const std::string& transactional_id,
                                             std::chrono::milliseconds transaction_timeout)
    : handle_(MakeHandle(RD_KAFKA_PRODUCER,
                         broker.ConfigWith({{"transactional.id", transactional_id},
                                            {"transaction.timeout.ms", std::to_string(transaction_timeout.count())},
                                            {"message.timeout.ms", std::to_string(transaction_timeout.count())},
                                            {"socket.timeout.ms", std::to_string(transaction_timeout.count())},
                                            {"linger.ms", "1"}}))) {
  Check(rd_kafka_init_transactions(handle_.get(), kTimeoutMs), "starting transactions");
}

void TransactionalProducer::Begin() { Check(rd_kafka_begin_transaction(handle_.get()), "beginning a transaction"); }

void TransactionalProducer::Produce(const std::string& topic, int32_t partition, const KafkaValues& values) {
  PartitionsWithLeader(handle_.get(), topic);
  for (const auto& value : values) ProduceOne(handle_.get(), topic, partition, value);
  Check(rd_kafka_flush(handle_.get(), kTimeoutMs), "producing to " + topic);
}

void TransactionalProducer::Commit() { Check(rd_kafka_commit_transaction(handle_.get(), kTimeoutMs), "committing"); }

void TransactionalProducer::Abort() { Check(rd_kafka_abort_transaction(handle_.get(), kTimeoutMs), "aborting"); }

}  // namespace headcount::test
