// What a job's transactions hold, which keeps Kafka from forgetting or refusing any of it; and who else is in its
// group.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

#include "common/judge/commit_metadata.h"
#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};
// Nobody is silent: the last windows stay open, and their frames uncommitted.
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

// A consumer as most programs have one: it joins the group, reads, and commits by itself.
class OrdinaryConsumer {
 public:
  OrdinaryConsumer(const TestBroker& broker, const std::string& group, const std::string& topic, const char* client_id)
      : handle_(MakeHandle(RD_KAFKA_CONSUMER, broker.ConfigWith({{"group.id", group},
                                                                 {"client.id", client_id},
                                                                 {"auto.commit.interval.ms", "200"},
                                                                 {"auto.offset.reset", "earliest"},
                                                                 {"session.timeout.ms", "6000"}}))) {
    rd_kafka_poll_set_consumer(handle_.get());
    rd_kafka_topic_partition_list_t* const topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic.c_str(), RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(handle_.get(), topics);
    rd_kafka_topic_partition_list_destroy(topics);
    thread_ = std::thread([this] {
      while (!ended_) {
        rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle_.get(), 50);
        if (message == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) ++read_;
        rd_kafka_message_destroy(message);
      }
      rd_kafka_consumer_close(handle_.get());
    });
  }
  ~OrdinaryConsumer() {
    ended_ = true;
    thread_.join();
  }
  OrdinaryConsumer(const OrdinaryConsumer&) = delete;
  OrdinaryConsumer& operator=(const OrdinaryConsumer&) = delete;

  int64_t read() const { return read_; }

 private:
  KafkaHandle handle_;
  std::atomic<bool> ended_{false};
  std::atomic<int64_t> read_{0};
  std::thread thread_;
};

// Kafka takes our transactions beside active members of the group: such a consumer is not fenced, and fences nobody.
TEST(JobGroup, AConsumerThatReadsInOurGroupIsNamedAndChangesNoMinute) {
  const TestBroker broker = TestBroker::FromEnvironment();
  Job job(broker, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 38, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 38, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  {
    const OrdinaryConsumer other(broker, job.group(), job.input(), "the-other-program");
    job.Produce(0, Seconds(kStart + 38, kStart + 58, 3, "a"));
    job.Produce(1, Seconds(kStart + 38, kStart + 58, 3, "b"));
    ASSERT_TRUE(Eventually([&] { return other.read() > 0; }));
    EXPECT_TRUE(job.Publishes(5)) << "its transactions go on beside a member";
    EXPECT_TRUE(Eventually([&] {
      const std::string log = job.process().Err();
      return log.find("under group " + job.group() + " (a member of it now: the-other-program at ") !=
             std::string::npos;
    })) << job.process().Err();
  }
  // It has left, and committed once more on its way out. Ours is set again, where the open windows began.
  EXPECT_TRUE(Eventually([&] {
    const std::vector<CommittedOffset> points = job.Committed();
    return std::all_of(points.begin(), points.end(), [](const CommittedOffset& point) {
      return point.offset == 150 && ParseCommitMetadata(point.metadata).ok();
    });
  }));
  job.Kill();
  job.ExpectExactInTheEnd(kRule);
}

// Each partition's offset expires by itself where it is not committed: Kafka 4.4 forgets it after
// offsets.retention.minutes, also where others of the group are committed all the time.
TEST(JobGroup, EveryTransactionCommitsEveryPartitionAlsoQuietAndEmptyOnes) {
  const TestBroker broker = TestBroker::FromEnvironment();
  Job job(broker, 3, {"--workers", "2", "--window", "10s", "--idle-timeout", "1s"});
  job.Produce(1, Seconds(kStart, kStart + 8, 1, "quiet"));
  job.Start();
  uint64_t last = 0;
  for (int64_t n = 1; n <= 3; ++n) {
    job.Produce(0, Seconds(kStart + (n - 1) * 20, kStart + n * 20, 3, "a"));
    ASSERT_TRUE(job.Publishes(static_cast<size_t>(2 * n - 1)));
    // Between two transactions all points are of one.
    ASSERT_TRUE(Eventually([&] {
      std::set<uint64_t> sequences;
      for (const CommittedOffset& point : job.Committed()) {
        const auto read = ParseCommitMetadata(point.metadata);
        sequences.insert(read.ok() ? static_cast<uint64_t>(read->header.sequence.value()) : 0);
      }
      if (sequences.size() != 1 || *sequences.begin() <= last) return false;
      last = *sequences.begin();
      return true;
    })) << "the points of three partitions are not of one transaction after "
        << last;
  }
}

// Brokers refuse a timestamp that is more than an hour ahead of them. We set none: the client stamps what it sends with
// the time of sending, whatever minute it is about.
TEST(JobGroup, NoRecordHasATimestampOfOurs) {
  const TestBroker broker = TestBroker::FromEnvironment();
  Job job(broker, 1, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 40, 3, "a"));
  const int64_t before_ms = NowS() * 1000;
  job.RunUntilEnd();
  const int64_t after_ms = (NowS() + 1) * 1000;
  const std::vector<KafkaRecord> records = broker.ReadAll(job.output());
  ASSERT_EQ(records.size(), 4U);
  for (const KafkaRecord& record : records) {
    EXPECT_GE(record.timestamp_ms, before_ms);
    EXPECT_LE(record.timestamp_ms, after_ms);
  }
}

}  // namespace
}  // namespace headcount::test
