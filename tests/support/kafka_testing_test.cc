// What the helpers of integration tests promise, on a real broker. Skipped where none is named.
#include "tests/support/kafka_testing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/frame_sinks.h"
#include "tests/support/generator.h"
#include "tests/support/topic_printer.h"

namespace headcount::test {
namespace {

class KafkaTesting : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("HEADCOUNT_TEST_BOOTSTRAP_FILE") == nullptr) GTEST_SKIP() << "no broker is named";
    broker_.emplace(TestBroker::FromEnvironment().bootstrap_server());
  }
  const TestBroker& broker() const { return *broker_; }

  static std::vector<std::string> Values(const std::vector<KafkaRecord>& records) {
    std::vector<std::string> values;
    values.reserve(records.size());
    for (const KafkaRecord& r : records) values.push_back(r.value.value_or("(none)"));
    return values;
  }
  using Strings = std::vector<std::string>;

 private:
  std::optional<TestBroker> broker_;
};

TEST_F(KafkaTesting, TopicsAreMadeGrownAndDeleted) {
  const std::string topic = TestBroker::UniqueName("topic");
  EXPECT_EQ(broker().PartitionCount(topic), 0);
  EXPECT_THROW(broker().DeleteTopic(topic), KafkaError);
  broker().CreateTopic(topic, 2);
  EXPECT_EQ(broker().PartitionCount(topic), 2);
  EXPECT_THROW(broker().CreateTopic(topic, 2), KafkaError);
  broker().GrowTopic(topic, 3);
  EXPECT_EQ(broker().PartitionCount(topic), 3);
  EXPECT_THROW(broker().GrowTopic(topic, 1), KafkaError);
  broker().DeleteTopic(topic);
  EXPECT_EQ(broker().PartitionCount(topic), 0);
  EXPECT_THROW(broker().ReadAll(topic), KafkaError);
}

TEST_F(KafkaTesting, RecordsAreReadInTheOrderOfPartitionAndOffset) {
  const TestTopic topic(broker(), "topic", 3);
  EXPECT_TRUE(broker().ReadAll(topic.name()).empty());
  broker().Produce(topic.name(), 1, {"c", std::nullopt, ""});
  broker().Produce(topic.name(), 0, {"a", "b"}, "key");
  const std::vector<KafkaRecord> records = broker().ReadAll(topic.name());
  EXPECT_EQ(Values(records), (Strings{"a", "b", "c", "(none)", ""}));
  EXPECT_EQ(records[0].key, "key");
  EXPECT_EQ(records[1].offset, 1);
  EXPECT_FALSE(records[2].key);
  EXPECT_FALSE(records[3].value);
  EXPECT_EQ(records[4].value, "") << "an empty value is a value";
}

TEST_F(KafkaTesting, OnlyCommittedTransactionsAreSeenByReadersOfCommittedRecords) {
  const TestTopic topic(broker(), "topic", 1);
  TransactionalProducer producer(broker(), TestBroker::UniqueName("id"));
  producer.Begin();
  producer.Produce(topic.name(), 0, {"aborted"});
  producer.Abort();
  producer.Begin();
  producer.Produce(topic.name(), 0, {"committed"});
  producer.Commit();
  {
    TransactionalProducer crashing(broker(), TestBroker::UniqueName("id"));
    crashing.Begin();
    crashing.Produce(topic.name(), 0, {"open"});
  }
  broker().Produce(topic.name(), 0, {"behind it"});
  EXPECT_EQ(Values(broker().ReadAll(topic.name())), (Strings{"committed"}));
  EXPECT_EQ(Values(broker().ReadAll(topic.name(), Isolation::kReadUncommitted)),
            (Strings{"aborted", "committed", "open", "behind it"}));
  EXPECT_EQ(broker().Ends(topic.name(), 0), std::make_pair(int64_t{0}, int64_t{6}));
  EXPECT_EQ(broker().Ends(topic.name(), 0, Isolation::kReadCommitted), std::make_pair(int64_t{0}, int64_t{4}));
}

TEST_F(KafkaTesting, ANewProducerOfTheSameIdEndsAnOpenTransaction) {
  const TestTopic topic(broker(), "topic", 1);
  const std::string id = TestBroker::UniqueName("id");
  TransactionalProducer first(broker(), id);
  first.Begin();
  first.Produce(topic.name(), 0, {"lost"});
  TransactionalProducer second(broker(), id);
  EXPECT_THROW(first.Commit(), KafkaError);
  broker().Produce(topic.name(), 0, {"kept"});
  EXPECT_EQ(Values(broker().ReadAll(topic.name())), (Strings{"kept"}));
}

TEST_F(KafkaTesting, DeletedRecordsAreGone) {
  const TestTopic topic(broker(), "topic", 1);
  broker().Produce(topic.name(), 0, {"a", "b", "c"});
  broker().DeleteRecords(topic.name(), 0, 2);
  EXPECT_EQ(Values(broker().ReadAll(topic.name())), (Strings{"c"}));
  EXPECT_EQ(broker().Ends(topic.name(), 0).first, 2);
}

TEST_F(KafkaTesting, PlainCommitsAreReadBackWithTheirMetadata) {
  const TestTopic topic(broker(), "topic", 2);
  const std::string group = TestBroker::UniqueName("group");
  EXPECT_FALSE(broker().Committed(group, topic.name())[1].offset);
  broker().CommitPlain(group, topic.name(), 1, 7, "meta");
  const std::vector<CommittedOffset> committed = broker().Committed(group, topic.name());
  ASSERT_EQ(committed.size(), 2U);
  EXPECT_FALSE(committed[0].offset);
  EXPECT_EQ(committed[1].offset, 7);
  EXPECT_EQ(committed[1].metadata, "meta");
  broker().CommitPlain(group, topic.name(), 1, 5);
  EXPECT_EQ(broker().Committed(group, topic.name())[1].metadata, "");
}

TEST_F(KafkaTesting, GeneratedFramesArriveOnceWithAndWithoutTransactions) {
  GeneratorOptions options;
  options.frames = 500;
  options.partitions = 2;
  std::vector<Strings> values;
  for (const uint64_t transaction_frames : {uint64_t{0}, uint64_t{70}}) {
    const TestTopic topic(broker(), "topic", 2);
    KafkaSinkOptions sink_options;
    sink_options.topic = topic.name();
    sink_options.transaction_frames = transaction_frames;
    const auto sink = MakeKafkaSink(broker(), sink_options);
    FrameGenerator generator(options);
    for (uint64_t i = 0; i < options.frames; ++i) sink->Put(generator.Next());
    sink->Finish();
    values.push_back(Values(broker().ReadAll(topic.name())));
    const bool has_aborted = transaction_frames > 0;
    EXPECT_EQ(broker().ReadAll(topic.name(), Isolation::kReadUncommitted).size() > options.frames, has_aborted);
  }
  EXPECT_EQ(values[0].size(), options.frames);
  EXPECT_EQ(values[0], values[1]);
}

TEST_F(KafkaTesting, MinutesArePrintedInTheirOrder) {
  const TestTopic topic(broker(), "topic", 2);
  const auto record = [](int64_t start, const std::string& minute) {
    return "{\"window_start\":" + std::to_string(start) + ",\"minute\":\"" + minute +
           "\",\"unique_users\":2,\"events\":3,\"late\":0,\"invalid\":1,\"future\":0}";
  };
  broker().Produce(topic.name(), 0, {record(1020, "1970-01-01T00:17:00Z")}, "1020");
  broker().Produce(topic.name(), 1, {record(960, "1970-01-01T00:16:00Z")}, "960");
  std::vector<KafkaRecord> records = broker().ReadAll(topic.name());
  SortByMinute(&records);
  std::ostringstream table;
  PrintTable(records, table);
  EXPECT_EQ(table.str(),
            "minute                     users      events        late     invalid      future\n"
            "1970-01-01T00:16:00Z           2           3           0           1           0\n"
            "1970-01-01T00:17:00Z           2           3           0           1           0\n"
            "sum of the minutes             4           6           0           2           0\n");
}

}  // namespace
}  // namespace headcount::test
