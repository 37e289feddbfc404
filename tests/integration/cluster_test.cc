// What the cluster answers about topics, offsets, the newest minute and a group's points; and what -X may say.
#include "common/kafka/cluster.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "common/kafka/client_config.h"
#include "common/kafka/committed.h"
#include "common/kafka/transactional_producer.h"
#include "tests/support/kafka_testing.h"

namespace headcount {
namespace {

using kafka::GroupUse;
using kafka::OffsetQuestion;
using test::TestBroker;
using test::TestTopic;

constexpr int kTimeoutMs = 10'000;
constexpr OffsetQuestion kEarliest{OffsetQuestion::Kind::kEarliest, {}};
constexpr OffsetQuestion kLatest{OffsetQuestion::Kind::kLatest, {}};

test::KafkaValues Values(size_t count) { return test::KafkaValues(count, std::string("value")); }

Result<std::vector<kafka::CommittedOffset>> ReadCommitted(const kafka::ClientConfig& config, const std::string& topic,
                                                          int32_t count, int timeout_ms) {
  const Result<kafka::CommittedReader> reader = kafka::CommittedReader::Create(config);
  if (!reader.ok()) return reader.error();
  return reader->Read(topic, count, timeout_ms);
}

class ClusterTest : public testing::Test {
 protected:
  kafka::ClientConfig Config() const { return {broker_.bootstrap_server(), group_, {}}; }

  kafka::Handle Asker(kafka::Isolation isolation = kafka::Isolation::kReadCommitted) const {
    auto handle = kafka::NewAskingConsumer(Config(), isolation, GroupUse::kNone);
    EXPECT_TRUE(handle.ok());
    return std::move(handle.value());
  }

  std::unique_ptr<kafka::TransactionalProducer> Producer() const {
    auto producer = kafka::TransactionalProducer::Create(Config(), "headcount-" + group_);
    EXPECT_TRUE(producer.ok());
    const Result<void> init = (*producer)->InitTransactions(kTimeoutMs);
    EXPECT_TRUE(init.ok()) << init.error().message;
    return std::move(producer.value());
  }

  // Commits one record a key, each in a transaction of its own.
  void CommitKeys(const std::string& topic, const std::vector<std::string>& keys) const {
    const auto producer = Producer();
    for (const std::string& key : keys) {
      const auto result = producer->Commit({topic, {{key, "{}"}}, "", {}});
      ASSERT_EQ(result.outcome, kafka::TransactionOutcome::kCommitted) << result.message;
    }
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  const std::string group_ = TestBroker::UniqueName("group");
};

TEST_F(ClusterTest, CountsThePartitionsOfATopic) {
  const TestTopic topic(broker_, "count", 3);
  const auto count = kafka::PartitionCount(Asker().get(), topic.name(), kTimeoutMs);
  ASSERT_TRUE(count.ok()) << count.error().message;
  EXPECT_EQ(*count, 3);
}

TEST_F(ClusterTest, AMissingTopicNeedsAHumanAndIsNotMade) {
  const std::string name = TestBroker::UniqueName("missing");
  for (int i = 0; i < 2; ++i) {
    const auto count = kafka::PartitionCount(Asker().get(), name, kTimeoutMs);
    ASSERT_FALSE(count.ok());
    EXPECT_EQ(count.error().exit_code, ExitCode::kHumanNeeded);
    EXPECT_NE(count.error().message.find(name), std::string::npos) << count.error().message;
  }
}

TEST_F(ClusterTest, AnImpossibleTopicNameNeedsAHuman) {
  const auto count = kafka::PartitionCount(Asker().get(), "no spaces, please", kTimeoutMs);
  ASSERT_FALSE(count.ok());
  EXPECT_EQ(count.error().exit_code, ExitCode::kHumanNeeded) << count.error().message;
}

TEST_F(ClusterTest, AnUnreachableBrokerIsUnavailableWithinTheTimeout) {
  const kafka::ClientConfig config{"127.0.0.1:1", group_, {}};
  const auto start = std::chrono::steady_clock::now();
  {
    const auto handle = kafka::NewAskingConsumer(config, kafka::Isolation::kReadCommitted, GroupUse::kNone);
    ASSERT_TRUE(handle.ok());
    const auto count = kafka::PartitionCount(handle->get(), "any", 1'000);
    ASSERT_FALSE(count.ok());
    EXPECT_EQ(count.error().exit_code, ExitCode::kUnavailable);
    EXPECT_NE(count.error().message.find("127.0.0.1:1"), std::string::npos) << count.error().message;
    EXPECT_FALSE(kafka::ListOffsets(handle->get(), "any", 1, kLatest, 500).ok());
    const auto points = ReadCommitted(config, "any", 1, 500);
    ASSERT_FALSE(points.ok());
    EXPECT_EQ(points.error().exit_code, ExitCode::kUnavailable) << points.error().message;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(6));
}

TEST_F(ClusterTest, ListsFirstAndNextOffsetsOfEveryPartition) {
  const TestTopic topic(broker_, "list", 3);
  broker_.Produce(topic.name(), 0, Values(5));
  broker_.Produce(topic.name(), 2, Values(7));
  broker_.DeleteRecords(topic.name(), 2, 4);
  const auto asker = Asker();
  const auto earliest = kafka::ListOffsets(asker.get(), topic.name(), 3, kEarliest, kTimeoutMs);
  ASSERT_TRUE(earliest.ok()) << earliest.error().message;
  EXPECT_EQ(*earliest, (std::vector<Offset>{Offset(0), Offset(0), Offset(4)}));
  const auto latest = kafka::ListOffsets(asker.get(), topic.name(), 3, kLatest, kTimeoutMs);
  ASSERT_TRUE(latest.ok()) << latest.error().message;
  EXPECT_EQ(*latest, (std::vector<Offset>{Offset(5), Offset(0), Offset(7)}));
}

TEST_F(ClusterTest, ATimeAfterEveryRecordIsTheEnd) {
  const TestTopic topic(broker_, "time", 2);
  broker_.Produce(topic.name(), 0, Values(5));
  const auto asker = Asker();
  const auto early =
      kafka::ListOffsets(asker.get(), topic.name(), 2, {OffsetQuestion::Kind::kTime, EventTime(1'000'000)}, kTimeoutMs);
  ASSERT_TRUE(early.ok()) << early.error().message;
  EXPECT_EQ(*early, (std::vector<Offset>{Offset(0), Offset(0)}));
  const auto late = kafka::ListOffsets(asker.get(), topic.name(), 2,
                                       {OffsetQuestion::Kind::kTime, EventTime(99'000'000'000)}, kTimeoutMs);
  ASSERT_TRUE(late.ok()) << late.error().message;
  EXPECT_EQ(*late, (std::vector<Offset>{Offset(5), Offset(0)}));
}

TEST_F(ClusterTest, WithAnOpenTransactionTheEndIsTheLastStableOffsetOrTheHighWatermark) {
  const TestTopic topic(broker_, "open", 1);
  broker_.Produce(topic.name(), 0, Values(5));
  test::TransactionalProducer stranger(broker_, TestBroker::UniqueName("stranger"));
  stranger.Begin();
  stranger.Produce(topic.name(), 0, Values(3));

  const auto committed = Asker(kafka::Isolation::kReadCommitted);
  const auto uncommitted = Asker(kafka::Isolation::kReadUncommitted);
  const auto producer = Producer();
  const auto end = [&](rd_kafka_s* handle) {
    const auto latest = kafka::ListOffset(handle, topic.name(), PartitionId(0), kLatest, kTimeoutMs);
    EXPECT_TRUE(latest.ok()) << latest.error().message;
    return latest.ok() ? latest->value() : -1;
  };
  EXPECT_EQ(end(committed.get()), 5);
  EXPECT_EQ(end(producer->handle()), 5);
  EXPECT_EQ(end(uncommitted.get()), 8);
  stranger.Commit();
  // The marker is written after the commit has been answered.
  while (end(committed.get()) == 5) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(end(committed.get()), 9);
  EXPECT_EQ(end(producer->handle()), 9);
  EXPECT_EQ(end(uncommitted.get()), 9);
}

TEST_F(ClusterTest, TheNewestKeyIsTheLargestOfAllPartitions) {
  const TestTopic topic(broker_, "newest", 3);
  const auto none = kafka::NewestKey(
      Config(), topic.name(), [](int64_t) { return true; }, kTimeoutMs);
  ASSERT_TRUE(none.ok()) << none.error().message;
  EXPECT_FALSE(none->has_value());
  CommitKeys(topic.name(), {"1468244400", "1468244460", "1468244520", "1468244580", "1468244640"});
  const auto newest = kafka::NewestKey(
      Config(), topic.name(), [](int64_t) { return true; }, kTimeoutMs);
  ASSERT_TRUE(newest.ok()) << newest.error().message;
  EXPECT_EQ(newest->value_or(0), 1468244640);
}

TEST_F(ClusterTest, TheNewestKeyIsFoundBehindWhatOthersLeftAtTheEnd) {
  const TestTopic topic(broker_, "behind", 1);
  CommitKeys(topic.name(), {"60", "120"});
  broker_.Produce(topic.name(), 0, Values(500));  // no keys
  test::TransactionalProducer stranger(broker_, TestBroker::UniqueName("stranger"));
  for (int i = 0; i < 3; ++i) {
    stranger.Begin();
    stranger.Produce(topic.name(), 0, Values(1'000));
    stranger.Abort();
  }
  CommitKeys(topic.name(), {"abc", "12x", " 1"});
  stranger.Begin();
  stranger.Produce(topic.name(), 0, Values(10));  // stays open
  const auto newest = kafka::NewestKey(
      Config(), topic.name(), [](int64_t) { return true; }, kTimeoutMs);
  ASSERT_TRUE(newest.ok()) << newest.error().message;
  EXPECT_EQ(newest->value_or(0), 120);
  stranger.Abort();
}

TEST_F(ClusterTest, TheNewestKeyIsFoundAfterTheFirstRecordsWereRemoved) {
  const TestTopic topic(broker_, "trimmed", 1);
  CommitKeys(topic.name(), {"60", "120", "180"});
  broker_.DeleteRecords(topic.name(), 0, 4);  // leaves the third record and its marker
  const auto newest = kafka::NewestKey(
      Config(), topic.name(), [](int64_t) { return true; }, kTimeoutMs);
  ASSERT_TRUE(newest.ok()) << newest.error().message;
  EXPECT_EQ(newest->value_or(0), 180);
  broker_.DeleteRecords(topic.name(), 0, 6);
  const auto none = kafka::NewestKey(
      Config(), topic.name(), [](int64_t) { return true; }, kTimeoutMs);
  ASSERT_TRUE(none.ok()) << none.error().message;
  EXPECT_FALSE(none->has_value());
}

TEST_F(ClusterTest, AMissingOutputTopicNeedsAHuman) {
  const auto newest = kafka::NewestKey(
      Config(), TestBroker::UniqueName("missing"), [](int64_t) { return true; }, kTimeoutMs);
  ASSERT_FALSE(newest.ok());
  EXPECT_EQ(newest.error().exit_code, ExitCode::kHumanNeeded) << newest.error().message;
}

TEST_F(ClusterTest, NothingCommittedIsNoOffset) {
  const TestTopic topic(broker_, "uncommitted", 2);
  const auto points = ReadCommitted(Config(), topic.name(), 2, kTimeoutMs);
  ASSERT_TRUE(points.ok()) << points.error().message;
  ASSERT_EQ(points->size(), 2U);
  for (const auto& point : *points) EXPECT_FALSE(point.offset.has_value());
}

TEST_F(ClusterTest, OffsetsAndMetadataOfManyPartitionsComeBackByPlace) {
  constexpr int32_t kPartitions = 260;  // more than go in one request
  const TestTopic topic(broker_, "many", kPartitions);
  kafka::Transaction transaction{"", {}, topic.name(), {}};
  for (int32_t p = 0; p < kPartitions; ++p) {
    std::string metadata(2'990, 'x');
    metadata += std::to_string(p);
    transaction.offsets.push_back({PartitionId(p), Offset(p * 10), metadata});
  }
  const auto result = Producer()->Commit(transaction);
  ASSERT_EQ(result.outcome, kafka::TransactionOutcome::kCommitted) << result.message;
  const auto points = ReadCommitted(Config(), topic.name(), kPartitions, kTimeoutMs);
  ASSERT_TRUE(points.ok()) << points.error().message;
  for (int32_t p = 0; p < kPartitions; ++p) {
    const kafka::CommittedOffset& point = (*points)[static_cast<size_t>(p)];
    ASSERT_EQ(point.offset, Offset(p * 10));
    ASSERT_EQ(point.metadata, transaction.offsets[static_cast<size_t>(p)].metadata);
  }
}

TEST_F(ClusterTest, AStrangersCommitLeavesAnOffsetWithoutMetadata) {
  const TestTopic topic(broker_, "stranger", 1);
  const auto result = Producer()->Commit({"", {}, topic.name(), {{PartitionId(0), Offset(7), "ours"}}});
  ASSERT_EQ(result.outcome, kafka::TransactionOutcome::kCommitted) << result.message;
  broker_.CommitPlain(group_, topic.name(), 0, 3);
  const auto points = ReadCommitted(Config(), topic.name(), 1, kTimeoutMs);
  ASSERT_TRUE(points.ok()) << points.error().message;
  EXPECT_EQ(points->front().offset, Offset(3));
  EXPECT_EQ(points->front().metadata, "");
}

// --- -X ------------------------------------------------------------------------------------------------------

using Scope = KafkaProperty::Scope;

TEST(ClientConfigTest, PropertiesThatTheGuaranteeRestsOnAreRefusedByName) {
  for (const char* key : {"isolation.level", "auto.offset.reset", "enable.auto.commit", "enable.idempotence",
                          "group.id", "transactional.id", "acks", "request.required.acks", "bootstrap.servers"}) {
    const auto valid = kafka::ValidateProperties({{Scope::kBoth, "client.rack", "a"}, {Scope::kProducer, key, "1"}});
    ASSERT_FALSE(valid.ok()) << key;
    EXPECT_EQ(valid.error().exit_code, ExitCode::kUsage);
    EXPECT_NE(valid.error().message.find(std::string("-X producer.") + key), std::string::npos)
        << valid.error().message;
  }
}

TEST(ClientConfigTest, AnUnknownPropertyOrAValueThatCannotBeIsRefusedWithTheReason) {
  const auto unknown = kafka::ValidateProperties({{Scope::kBoth, "no.such.property", "1"}});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().exit_code, ExitCode::kUsage);
  EXPECT_NE(unknown.error().message.find("no.such.property"), std::string::npos);
  const auto value = kafka::ValidateProperties({{Scope::kConsumer, "fetch.wait.max.ms", "soon"}});
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().exit_code, ExitCode::kUsage);
  EXPECT_NE(value.error().message.find("fetch.wait.max.ms"), std::string::npos) << value.error().message;
}

TEST(ClientConfigTest, AnyOtherPropertyIsTakenAlsoNarrowedToOneRole) {
  const auto valid = kafka::ValidateProperties({{Scope::kBoth, "security.protocol", "plaintext"},
                                                {Scope::kConsumer, "fetch.wait.max.ms", "20"},
                                                {Scope::kProducer, "compression.type", "zstd"}});
  EXPECT_TRUE(valid.ok()) << valid.error().message;
}

TEST(ClientConfigTest, WhatOnlyAClientCanCheckIsRefusedWhenItIsMade) {
  const kafka::ClientConfig config{"127.0.0.1:1", "g", {{Scope::kProducer, "message.timeout.ms", "600000"}}};
  const auto producer = kafka::TransactionalProducer::Create(config, "t");
  ASSERT_FALSE(producer.ok());
  EXPECT_EQ(producer.error().exit_code, ExitCode::kUsage);
  EXPECT_NE(producer.error().message.find("message.timeout.ms"), std::string::npos) << producer.error().message;
}

}  // namespace
}  // namespace headcount
