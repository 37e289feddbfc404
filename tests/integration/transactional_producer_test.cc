// Transactions on a real broker: records and offsets together or not at all, and what a producer that has been
// overtaken, timed out or cut off says.
#include "common/kafka/transactional_producer.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "common/kafka/cluster.h"
#include "tests/support/child_process.h"
#include "tests/support/frozen.h"
#include "tests/support/kafka_testing.h"
#include "tests/support/tcp_proxy.h"

namespace headcount {
namespace {

using kafka::TransactionOutcome;
using std::chrono::seconds;
using test::TestBroker;
using test::TestTopic;
using Clock = std::chrono::steady_clock;

constexpr int kTimeoutMs = 10'000;
// Exit codes that say an outcome; any other is a failure of the child.
constexpr int kFirstOutcomeCode = 40;

class TransactionalProducerTest : public testing::Test {
 protected:
  std::unique_ptr<kafka::TransactionalProducer> Producer(
      std::vector<KafkaProperty> properties = {},
      int transaction_timeout_ms = kafka::TransactionalProducer::kTransactionTimeoutMs) const {
    const kafka::ClientConfig config{broker_.bootstrap_server(), group_, std::move(properties)};
    auto producer = kafka::TransactionalProducer::Create(config, "headcount-" + group_, transaction_timeout_ms);
    EXPECT_TRUE(producer.ok());
    const Result<void> init = (*producer)->InitTransactions(kTimeoutMs);
    EXPECT_TRUE(init.ok()) << init.error().message;
    return std::move(producer.value());
  }

  kafka::Transaction Both(int64_t offset) const {
    return {output_.name(),
            {{"60", "{\"a\":1}"}, {"120", "{\"a\":2}"}},
            input_.name(),
            {{PartitionId(0), Offset(offset), "m0"}, {PartitionId(1), Offset(offset + 1), "m1"}}};
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  const std::string group_ = TestBroker::UniqueName("group");
  const TestTopic input_{broker_, "input", 2};
  const TestTopic output_{broker_, "output", 1};
};

TEST_F(TransactionalProducerTest, RecordsAndOffsetsAreCommittedTogether) {
  const auto producer = Producer();
  const auto result = producer->Commit(Both(40));
  ASSERT_EQ(result.outcome, TransactionOutcome::kCommitted) << result.message;
  EXPECT_EQ(result.message, "");

  const auto records = broker_.ReadAll(output_.name());
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].key, "60");
  EXPECT_EQ(records[1].value, "{\"a\":2}");
  const auto offsets = broker_.Committed(group_, input_.name());
  EXPECT_EQ(offsets[0].offset, 40);
  EXPECT_EQ(offsets[1].offset, 41);
  EXPECT_EQ(offsets[1].metadata, "m1");
}

TEST_F(TransactionalProducerTest, EitherKindAloneIsATransactionTooAndSoIsNothing) {
  const auto producer = Producer();
  kafka::Transaction records = Both(1);
  records.offsets.clear();
  kafka::Transaction offsets = Both(2);
  offsets.records.clear();
  for (const kafka::Transaction& transaction : {records, offsets, kafka::Transaction{}}) {
    const auto result = producer->Commit(transaction);
    ASSERT_EQ(result.outcome, TransactionOutcome::kCommitted) << result.message;
  }
  EXPECT_EQ(broker_.ReadAll(output_.name()).size(), 2U);
  EXPECT_EQ(broker_.Committed(group_, input_.name())[0].offset, 2);
}

TEST_F(TransactionalProducerTest, TheClusterCanBeAskedWithItsHandle) {
  const auto producer = Producer();
  const auto count = kafka::PartitionCount(producer->handle(), input_.name(), kTimeoutMs);
  ASSERT_TRUE(count.ok()) << count.error().message;
  EXPECT_EQ(*count, 2);
}

TEST_F(TransactionalProducerTest, AfterTheWarmUpTheFirstTransactionIsQuick) {
  const auto producer = Producer();
  ASSERT_TRUE(kafka::PartitionCount(producer->handle(), output_.name(), kTimeoutMs).ok());
  const Clock::time_point start = Clock::now();
  ASSERT_EQ(producer->Commit(Both(1)).outcome, TransactionOutcome::kCommitted);
  EXPECT_LT(Clock::now() - start, std::chrono::milliseconds(900));  // without it: a second and more
}

TEST_F(TransactionalProducerTest, ANewerProducerFencesTheOlderOne) {
  auto older = Producer();
  ASSERT_EQ(older->Commit(Both(10)).outcome, TransactionOutcome::kCommitted);
  const auto newer = Producer();
  const auto result = older->Commit(Both(20));
  EXPECT_EQ(result.outcome, TransactionOutcome::kFenced);
  EXPECT_NE(result.message, "");
  EXPECT_EQ(older->Commit(Both(20)).outcome, TransactionOutcome::kFenced);
  const Clock::time_point start = Clock::now();
  older.reset();
  EXPECT_LT(Clock::now() - start, seconds(3));

  ASSERT_EQ(newer->Commit(Both(30)).outcome, TransactionOutcome::kCommitted);
  EXPECT_EQ(broker_.Committed(group_, input_.name())[0].offset, 30);
  EXPECT_EQ(broker_.ReadAll(output_.name()).size(), 4U);
}

TEST_F(TransactionalProducerTest, ARecordThatTheBrokerRefusesMakesTheOutcomeUnknownAndSaysWhy) {
  const TestTopic small(broker_, "small", 1, {{"max.message.bytes", "1000"}});
  auto producer = Producer();
  kafka::Transaction transaction = Both(50);
  transaction.output_topic = small.name();
  transaction.records.push_back({"180", std::string(5'000, 'x')});
  const auto result = producer->Commit(transaction);
  EXPECT_EQ(result.outcome, TransactionOutcome::kUnknown);
  EXPECT_NE(result.message.find("records were not delivered"), std::string::npos) << result.message;
  EXPECT_EQ(result.error_class, kafka::ErrorClass::kSmallerBatches) << result.message;
  EXPECT_FALSE(result.refused_by_client);
  producer.reset();

  Producer();  // ends what was left open
  EXPECT_TRUE(broker_.ReadAll(small.name()).empty());
  EXPECT_FALSE(broker_.Committed(group_, input_.name())[0].offset.has_value());
}

TEST_F(TransactionalProducerTest, ARecordThatTheClientRefusesNeverGetsToTheBroker) {
  auto producer = Producer({{KafkaProperty::Scope::kProducer, "message.max.bytes", "1000"}});
  kafka::Transaction transaction = Both(50);
  transaction.records.push_back({"180", std::string(5'000, 'x')});
  const auto result = producer->Commit(transaction);
  EXPECT_EQ(result.outcome, TransactionOutcome::kUnknown);
  EXPECT_EQ(result.error_class, kafka::ErrorClass::kSmallerBatches) << result.message;
  EXPECT_TRUE(result.refused_by_client);
}

TEST_F(TransactionalProducerTest, BatchesAreAsSmallAsIsAskedFor) {
  const TestTopic small(broker_, "small", 1, {{"max.message.bytes", "1000"}});
  for (const kafka::BatchLimit& limit : {kafka::BatchLimit{1'000, false}, kafka::BatchLimit{0, true}}) {
    const kafka::ClientConfig config{broker_.bootstrap_server(), group_, {}};
    auto producer = kafka::TransactionalProducer::Create(config, "headcount-" + group_,
                                                         kafka::TransactionalProducer::kTransactionTimeoutMs, limit);
    ASSERT_TRUE((*producer)->InitTransactions(kTimeoutMs).ok());
    EXPECT_EQ((*producer)->batch_bytes(), limit.one_record ? 1'000'000 : 1'000);
    kafka::Transaction transaction{small.name(), {}, "", {}};
    for (int i = 0; i < 100; ++i) transaction.records.push_back({std::to_string(i), std::string(300, 'x')});
    const auto result = (*producer)->Commit(transaction);
    EXPECT_EQ(result.outcome, TransactionOutcome::kCommitted) << result.message;
  }
  EXPECT_EQ(broker_.ReadAll(small.name()).size(), 200U);
}

TEST_F(TransactionalProducerTest, AMissingOutputTopicMakesTheOutcomeUnknown) {
  auto producer = Producer({{KafkaProperty::Scope::kProducer, "message.timeout.ms", "1000"}});
  kafka::Transaction transaction = Both(50);
  transaction.output_topic = TestBroker::UniqueName("missing");
  const auto result = producer->Commit(transaction);
  EXPECT_EQ(result.outcome, TransactionOutcome::kUnknown) << result.message;
  const Clock::time_point start = Clock::now();
  producer.reset();
  EXPECT_LT(Clock::now() - start, seconds(3));
}

TEST_F(TransactionalProducerTest, AnUnreachableBrokerIsUnavailableAndTheProducerGoesAtOnce) {
  const kafka::ClientConfig config{"127.0.0.1:1", group_, {}};
  const Clock::time_point start = Clock::now();
  {
    auto producer = kafka::TransactionalProducer::Create(config, "headcount-" + group_);
    ASSERT_TRUE(producer.ok());
    const Result<void> init = (*producer)->InitTransactions(1'000);
    ASSERT_FALSE(init.ok());
    EXPECT_EQ(init.error().exit_code, ExitCode::kUnavailable) << init.error().message;
    EXPECT_NE(init.error().message.find("127.0.0.1:1"), std::string::npos) << init.error().message;
  }
  EXPECT_LT(Clock::now() - start, seconds(4));
}

// Left to itself librdkafka would ask for ever.
TEST_F(TransactionalProducerTest, ACommitThatIsLostOrWhoseAnswerIsEndsWithTheTimeOfTheTransaction) {
  for (const test::Deed deed : {test::Deed::kDropRequest, test::Deed::kDropAnswer}) {
    test::TcpProxy proxy(broker_.bootstrap_server());
    const kafka::ClientConfig config{proxy.address(), group_, {}};
    auto producer = kafka::TransactionalProducer::Create(config, "headcount-" + group_, 2'000);
    ASSERT_TRUE((*producer)->InitTransactions(kTimeoutMs).ok());
    proxy.On({test::Api::kEndTxn, deed});
    const Clock::time_point start = Clock::now();
    const auto result = (*producer)->Commit(Both(10));
    EXPECT_EQ(result.outcome, TransactionOutcome::kUnknown) << result.message;
    EXPECT_GE(proxy.Met(), 1U);
    producer->reset();
    EXPECT_LT(Clock::now() - start, seconds(2 + 5 + 3));
    const size_t records = deed == test::Deed::kDropAnswer ? 2 : 0;
    EXPECT_TRUE(test::Eventually([&] { return broker_.ReadAll(output_.name()).size() == records; }));
  }
}

// What the next test does in a process of its own: commits a transaction, and exits with the outcome. On the way it
// stops itself.
[[noreturn]] void CommitAndExit(const kafka::Transaction& transaction, const kafka::ClientConfig& config) {
  const auto producer = kafka::TransactionalProducer::Create(config, "headcount-" + config.group, 5'000);
  if (!producer.ok() || !(*producer)->InitTransactions(kTimeoutMs).ok()) _exit(1);
  _exit(kFirstOutcomeCode + static_cast<int>((*producer)->Commit(transaction).outcome));
}

// The writer's process, stopped before the commit until the broker has given the transaction up.
TEST_F(TransactionalProducerTest, ATransactionThatTimedOutIsNotCommittedAndLeavesNothing) {
  if (const char* const group = getenv("TEST_GROUP")) {
    kafka::Transaction transaction = Both(60);
    transaction.output_topic = getenv("TEST_OUTPUT");
    // The second record finds no room before the first one is with the broker.
    CommitAndExit(
        transaction,
        {broker_.bootstrap_server(), group, {{KafkaProperty::Scope::kProducer, "queue.buffering.max.messages", "1"}}});
  }
  test::ChildOptions options;
  options.environment = {
      {"TEST_GROUP", group_}, {"TEST_OUTPUT", output_.name()}, {"HEADCOUNT_STOP_POINT", "writer.offsets_sent"}};
  test::ChildProcess writer("/proc/self/exe", {"--gtest_filter=*ATransactionThatTimedOut*"}, options);
  ASSERT_TRUE(test::Eventually([&] { return test::IsStopped(writer.pid()); })) << writer.Err();
  const auto is_open = [&] {
    return broker_.Ends(output_.name(), 0, test::Isolation::kReadCommitted).second <
           broker_.Ends(output_.name(), 0).second;
  };
  EXPECT_TRUE(is_open()) << "the transaction was over before it was stopped";
  EXPECT_TRUE(test::Eventually([&] { return !is_open(); }));
  writer.Signal(SIGCONT);
  const auto status = writer.Wait();
  ASSERT_TRUE(status.has_value());
  // Fenced, or unknown where records were on their way.
  EXPECT_GT(status->code.value_or(0), kFirstOutcomeCode + static_cast<int>(TransactionOutcome::kCommitted))
      << test::Describe(*status) << writer.Err();
  EXPECT_TRUE(broker_.ReadAll(output_.name()).empty());
  EXPECT_EQ(Producer()->Commit(Both(70)).outcome, TransactionOutcome::kCommitted);
}

}  // namespace
}  // namespace headcount
