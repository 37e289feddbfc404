// The proxy between clients and a broker: what it passes on, and what it does not.
#include "tests/support/tcp_proxy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/kafka/cluster.h"
#include "common/kafka/transactional_producer.h"
#include "tests/support/child_process.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

class TcpProxyTest : public testing::Test {
 protected:
  // Commits one record in a transaction through the proxy; false: the client heard an error.
  bool CommitOne(const std::string& value) {
    TransactionalProducer producer(through_, TestBroker::UniqueName("id"));
    producer.Begin();
    producer.Produce(topic_.name(), 0, {value});
    try {
      producer.Commit();
    } catch (const KafkaError&) {
      return false;
    }
    return true;
  }
  // Whether somebody new hears of the topic.
  bool Answers() const {
    const auto producer = kafka::TransactionalProducer::Create({proxy_.address(), "none", {}}, "none");
    return kafka::PartitionCount((*producer)->handle(), topic_.name(), 500).ok();
  }
  size_t Committed() const { return broker_.ReadAll(topic_.name()).size(); }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  const TestTopic topic_{broker_, "proxied", 1};
  TcpProxy proxy_{broker_.bootstrap_server()};
  const TestBroker through_{proxy_.address(), {{"socket.timeout.ms", "1000"}, {"reconnect.backoff.max.ms", "100"}}};
};

TEST_F(TcpProxyTest, EverythingPassesAndTheClientStaysWithTheProxy) {
  const KafkaValues values(100, std::string(100'000, 'x'));  // more than it keeps waiting at once
  through_.Produce(topic_.name(), 0, values);
  EXPECT_EQ(through_.ReadAll(topic_.name()).size(), values.size());
  EXPECT_GT(proxy_.Requests(Api::kProduce), 0U);
  EXPECT_GT(proxy_.Answers(Api::kFetch), 0U);
  EXPECT_TRUE(CommitOne("a"));
  EXPECT_EQ(proxy_.Requests(Api::kEndTxn), 1U);
  EXPECT_EQ(proxy_.Met(), 0U);
}

TEST_F(TcpProxyTest, ARefusedRequestDoesNotReachTheBrokerAndALieDoes) {
  proxy_.On({Api::kEndTxn, Deed::kRefuse, WireError::kInvalidTxnState, 1});
  EXPECT_FALSE(CommitOne("refused"));
  EXPECT_EQ(Committed(), 0U);
  proxy_.On({Api::kEndTxn, Deed::kLie, WireError::kInvalidTxnState, 1});
  EXPECT_FALSE(CommitOne("lied about"));
  EXPECT_EQ(Committed(), 0U) << "the open transaction lies before it";
  EXPECT_EQ(broker_.Ends(topic_.name(), 0).second, 3);  // the first record, the second and its end
  EXPECT_TRUE(CommitOne("neither"));
  EXPECT_EQ(proxy_.Met(), 2U);
}

TEST_F(TcpProxyTest, LiesAboutRecordsAndOffsetsAreHeardToo) {
  for (const Api api : {Api::kAddPartitionsToTxn, Api::kProduce, Api::kAddPartitionsToTxn}) {
    const uint64_t met = proxy_.Met();
    proxy_.On({api, Deed::kLie, WireError::kInvalidProducerIdMapping, 1});
    EXPECT_FALSE(CommitOne("a")) << "api " << static_cast<int>(api);
    EXPECT_EQ(proxy_.Met(), met + 1);
  }
}

// As the broker would answer: a topic "t" with partitions 7 and 8, and what each version has beside.
std::string AnswerToProduce(int16_t version, int16_t error) {
  const bool compact = version >= 9;
  std::string body;
  const auto put = [&](size_t width, int64_t value) {
    for (size_t i = width; i-- > 0;) body.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  };
  const auto count = [&](int64_t of) { compact ? put(1, of + 1) : put(4, of); };
  const auto text = [&](const std::string& of) {
    compact ? put(1, static_cast<int64_t>(of.size()) + 1) : put(2, static_cast<int64_t>(of.size()));
    body += of;
  };
  const auto none = [&] { compact ? put(1, 0) : put(2, -1); };
  const auto no_tags = [&] {
    if (compact) put(1, 0);
  };
  put(4, 1234);  // correlation
  no_tags();
  count(1);
  text("t");
  count(2);
  for (const int32_t partition : {7, 8}) {
    put(4, partition);
    put(2, error);
    put(8, 11);
    put(8, -1);
    put(8, 0);
    if (version >= 8) {
      count(partition == 7 ? 1 : 0);
      if (partition == 7) {
        put(4, 3);
        text("this record");
        no_tags();
      }
      partition == 7 ? text("why") : none();
    }
    if (compact && partition == 7) {  // the leader that would be right: tag 0 of three bytes
      put(3, 0x010003);
      body += "abc";
    } else {
      no_tags();
    }
  }
  no_tags();
  put(4, 0);  // throttle time
  no_tags();
  std::string frame = body;
  body.clear();
  put(4, static_cast<int64_t>(frame.size()));
  return body + frame;
}

TEST(KafkaWire, EveryVersionOfProduceIsAnsweredWithTheErrorAndNothingElseChanges) {
  for (int16_t version = 5; version <= 12; ++version) {
    SCOPED_TRACE(version);
    const RequestHead head{Api::kProduce, version, 1234};
    std::string answer = AnswerToProduce(version, 0);
    EXPECT_TRUE(PutError(head, WireError::kInvalidProducerIdMapping, &answer));
    EXPECT_EQ(answer, AnswerToProduce(version, static_cast<int16_t>(WireError::kInvalidProducerIdMapping)));
  }
  std::string answer = AnswerToProduce(12, 0);
  EXPECT_FALSE(PutError({Api::kProduce, 13, 1234}, WireError::kInvalidProducerIdMapping, &answer));
}

// Else a test would believe that the client had heard it.
TEST_F(TcpProxyTest, ALieThatCannotBeToldIsNotCounted) {
  proxy_.On({Api::kMetadata, Deed::kLie, WireError::kInvalidTxnState, 1});
  proxy_.On({Api::kFindCoordinator, Deed::kRefuse, WireError::kInvalidTxnState, 1});
  EXPECT_TRUE(CommitOne("a")) << "the client asks again on another connection";
  EXPECT_EQ(proxy_.Met(), 0U);
}

TEST_F(TcpProxyTest, ALostConnectionIsMadeAgainAndTheRequestRepeated) {
  for (const Deed deed : {Deed::kCutBefore, Deed::kCutAfter}) {
    const uint64_t met = proxy_.Met();
    proxy_.On({Api::kEndTxn, deed, WireError::kNone, 1});
    EXPECT_TRUE(CommitOne("a")) << "deed " << static_cast<int>(deed);
    EXPECT_EQ(proxy_.Met(), met + 1);
  }
  EXPECT_EQ(proxy_.Requests(Api::kEndTxn), 4U);
  EXPECT_EQ(proxy_.Answers(Api::kEndTxn), 2U);
  EXPECT_EQ(Committed(), 2U);
}

TEST_F(TcpProxyTest, AHeldRequestReachesTheBrokerAfterItsClientHasGone) {
  proxy_.On({Api::kEndTxn, Deed::kRefuseAndHold, WireError::kInvalidTxnState, 1});
  EXPECT_FALSE(CommitOne("late"));
  EXPECT_EQ(Committed(), 0U);
  proxy_.ReleaseUnconfirmed();
  EXPECT_TRUE(Eventually([this] { return Committed() == 1; }));
}

TEST_F(TcpProxyTest, WhereItRefusesNobodyGetsThroughUntilItDoesNot) {
  Weather refusing;
  refusing.refuses = true;
  proxy_.Become(refusing);
  EXPECT_FALSE(Answers());
  proxy_.Become({});
  EXPECT_TRUE(Answers());
}

TEST_F(TcpProxyTest, WhatItHoldsIsUnderWayUntilTheWeatherChanges) {
  for (const bool requests : {true, false}) {
    Weather blackhole;
    blackhole.holds_requests = requests;
    blackhole.holds_answers = !requests;
    proxy_.Become(blackhole);
    EXPECT_FALSE(Answers());
    proxy_.Become({});
    EXPECT_TRUE(Answers());
  }
}

TEST_F(TcpProxyTest, CutConnectionsAreMadeAnew) {
  const auto producer = kafka::TransactionalProducer::Create({proxy_.address(), "none", {}}, "none");
  for (int cut = 0; cut < 3; ++cut) {
    EXPECT_TRUE(kafka::PartitionCount((*producer)->handle(), topic_.name(), 10'000).ok());
    proxy_.CutAll();
  }
}

TEST_F(TcpProxyTest, ItDelaysAndThrottles) {
  const auto produced_in = [this] {
    const Clock::time_point begun = Clock::now();
    through_.Produce(topic_.name(), 0, {std::string(100'000, 'x')});
    return Clock::now() - begun;
  };
  Weather slow;
  slow.delay = milliseconds(50);
  proxy_.Become(slow);
  EXPECT_GE(produced_in(), milliseconds(300));  // at least three requests, each there and back
  Weather narrow;
  narrow.bytes_per_s = 200'000;
  proxy_.Become(narrow);
  EXPECT_GE(produced_in(), milliseconds(450));
  proxy_.Become({});
  EXPECT_EQ(Committed(), 2U);
}

}  // namespace
}  // namespace headcount::test
