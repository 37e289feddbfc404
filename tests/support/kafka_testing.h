// What tests and their tools do to a broker beside the program: topics, records, transactions, offsets.
// Runs in tests. Written on librdkafka's own calls, not on common/kafka, which is what is tested.
//
// Every failure throws KafkaError: GoogleTest turns it into a failed test that names what was tried, and no
// test has to check its own set-up. Nothing here retries silently or waits longer than its timeout.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace headcount::test {

class KafkaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using KafkaConfig = std::vector<std::pair<std::string, std::string>>;

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using KafkaHandle = std::unique_ptr<rd_kafka_t, HandleDeleter>;

// `prepare` may set what is no text, as callbacks.
KafkaHandle MakeHandle(rd_kafka_type_t type, const KafkaConfig& config,
                       const std::function<void(rd_kafka_conf_t*)>& prepare = {});

struct KafkaRecord {
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  int64_t timestamp_ms = -1;
};

struct CommittedOffset {
  int32_t partition = 0;
  std::optional<int64_t> offset;  // none: nothing is committed
  std::string metadata;
};

enum class Isolation { kReadCommitted, kReadUncommitted };

// The broker that leads each partition of a topic and keeps its only copy; empty: the cluster decides.
using KafkaPlaces = std::vector<int32_t>;

using KafkaValues = std::vector<std::optional<std::string>>;  // none: a record without a value

class TestBroker {
 public:
  // The address stands in the file that HEADCOUNT_TEST_BOOTSTRAP_FILE names.
  static TestBroker FromEnvironment();
  explicit TestBroker(std::string bootstrap_server, KafkaConfig properties = {});

  const std::string& bootstrap_server() const { return bootstrap_server_; }
  // The address with those properties of every handle made here, then with these.
  KafkaConfig ConfigWith(const KafkaConfig& more) const;
  // Differs from every other name, of other runs too.
  static std::string UniqueName(const std::string& prefix);

  // Each returns when the broker's metadata shows the outcome.
  void CreateTopic(const std::string& topic, int32_t partitions, const KafkaConfig& config = {},
                   const KafkaPlaces& places = {}) const;
  void GrowTopic(const std::string& topic, int32_t partitions) const;
  void DeleteTopic(const std::string& topic) const;
  // That setting and no other of those that were given to the topic.
  void SetTopic(const std::string& topic, const std::string& setting, const std::string& value) const;
  // What lies before that offset is gone, as if by retention.
  void DeleteRecords(const std::string& topic, int32_t partition, int64_t before_offset) const;
  int32_t PartitionCount(const std::string& topic) const;  // 0: there is no such topic

  // In that order, acknowledged when it returns; all with that key, if there is one.
  void Produce(const std::string& topic, int32_t partition, const KafkaValues& values,
               const std::optional<std::string>& key = std::nullopt) const;

  // From the beginning of each partition to the end that the isolation level shows; in order of partition and offset.
  std::vector<KafkaRecord> ReadAll(const std::string& topic, Isolation isolation = Isolation::kReadCommitted) const;
  // The first and the next offset of a partition; the latter by the high watermark, or by what is stable.
  std::pair<int64_t, int64_t> Ends(const std::string& topic, int32_t partition,
                                   Isolation isolation = Isolation::kReadUncommitted) const;

  // Of all partitions. Blocks until the timeout, and throws, while a transaction holds offsets of that group.
  std::vector<CommittedOffset> Committed(const std::string& group, const std::string& topic,
                                         std::chrono::milliseconds timeout = std::chrono::seconds(10)) const;
  // As somebody else would with a tool: no transaction, no membership.
  void CommitPlain(const std::string& group, const std::string& topic, int32_t partition, int64_t offset,
                   const std::string& metadata = "") const;

 private:
  void WaitForPartitions(const std::string& topic, int32_t partitions) const;

  const std::string bootstrap_server_;
  const KafkaConfig properties_;
};

// A topic of one test: there from construction to destruction.
class TestTopic {
 public:
  TestTopic(const TestBroker& broker, const std::string& prefix, int32_t partitions, const KafkaConfig& config = {},
            const KafkaPlaces& places = {});
  ~TestTopic();
  TestTopic(const TestTopic&) = delete;
  TestTopic& operator=(const TestTopic&) = delete;

  const std::string& name() const { return name_; }

 private:
  const TestBroker& broker_;
  const std::string name_;
};

// Somebody's transactions. Destroyed within one, it leaves it open, as a crash would.
class TransactionalProducer {
 public:
  TransactionalProducer(const TestBroker& broker, const std::string& transactional_id,
                        std::chrono::milliseconds transaction_timeout = std::chrono::seconds(60));

  void Begin();
  void Produce(const std::string& topic, int32_t partition, const KafkaValues& values);
  void Commit();
  void Abort();

 private:
  KafkaHandle handle_;
};

}  // namespace headcount::test
