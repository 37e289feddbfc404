// The writer's outlet in a cluster of two brokers, of which one is frozen or stopped: how long until minutes flow
// again, whether each is there once, and whether the reason is named instead of a broker that answers.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "common/base/limits.h"
#include "tests/support/hand_fed_sink.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/two_brokers.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// Longer than all attempts of the outlet together: it gives up after the first.
constexpr int64_t kLostMs = limits::kBrokerLostMs + 60'000;

constexpr int kUsualTimeoutMs = kafka::TransactionalProducer::kTransactionTimeoutMs;
// Where it proves nothing how long a transaction takes to fail. Longer than the 10 s of one request: a call that has
// lost its coordinator asks again then, and is left, as with the usual time.
constexpr int kShortTimeoutMs = 12'000;

class TwoBrokersSink : public testing::Test {
 protected:
  // The outlet of a group that is kept by those brokers. It reaches both through proxies.
  void Begin(int copies, int offsets_broker, int transactions_broker, const KafkaConfig& output_config = {},
             int transaction_timeout_ms = kUsualTimeoutMs) {
    cluster_ = std::make_unique<TwoBrokers>(copies);
    broker_ = std::make_unique<TestBroker>(cluster_->addresses());
    group_ = cluster_->GroupKeptBy(offsets_broker, transactions_broker);
    input_ = std::make_unique<TestTopic>(*broker_, "input", kHandFedPartitions);
    output_ = std::make_unique<TestTopic>(*broker_, "output", 1, output_config);
    for (const TestTopic* topic : {input_.get(), output_.get()}) cluster_->AwaitTopic(topic->name());
    first_ = std::make_unique<TcpProxy>(cluster_->address(1));
    second_ = std::make_unique<TcpProxy>(cluster_->address(2));
    first_->Knows(*second_);
    second_->Knows(*first_);
    sink_ = RecordSink(1, transaction_timeout_ms);
    const Result<StartState> start_state = sink_->TakeOver();
    ASSERT_TRUE(start_state.ok()) << start_state.error().message;
    const Result<void> committed = sink_->Commit(0);
    ASSERT_TRUE(committed.ok()) << committed.error().message;
    // That transaction is over in every partition, not only answered.
    ASSERT_TRUE(Eventually([this] { return broker_->ReadAll(output_->name()).size() == 1; }));
    ExpectMinutes(1);
  }
  std::unique_ptr<HandFedSink> RecordSink(uint64_t run, int transaction_timeout_ms = kUsualTimeoutMs) const {
    return std::make_unique<HandFedSink>(first_->address(), group_, input_->name(), output_->name(), run,
                                         transaction_timeout_ms);
  }
  // Commits that minute with broker 2 frozen from the moment in which the offsets are to be sent to it.
  void CommitFrozenAtTheOffsets(int64_t minute) {
    first_->On({Api::kAddOffsetsToTxn, Deed::kHoldRequest, WireError::kNone, 1});
    writer_ = std::thread([this, minute] { committed_ = sink_->Commit(minute); });
    if (!Eventually([this] { return first_->Met() == 1; })) ADD_FAILURE() << "no offsets were to be sent";
    cluster_->FreezeSecond();
    frozen_at_ = Clock::now();
    first_->ReleaseUnconfirmed();
  }
  double SecondsSinceFrozen() const { return std::chrono::duration<double>(Clock::now() - frozen_at_).count(); }
  void ExpectMinutes(int64_t count) const {
    ExpectHandFedMinutes(*broker_, group_, input_->name(), output_->name(), count);
  }
  static void ExpectNamed(const std::string& message, const std::vector<std::string>& words) {
    for (const std::string& word : words)
      EXPECT_NE(message.find(word), std::string::npos) << word << " in: " << message;
  }

  std::unique_ptr<TwoBrokers> cluster_;
  std::unique_ptr<TestBroker> broker_;
  std::string group_;
  std::unique_ptr<TestTopic> input_;
  std::unique_ptr<TestTopic> output_;
  std::unique_ptr<TcpProxy> first_;
  std::unique_ptr<TcpProxy> second_;
  std::unique_ptr<HandFedSink> sink_;
  std::thread writer_;
  Result<void> committed_;
  Clock::time_point frozen_at_;
};

TEST_F(TwoBrokersSink, WhereTheOtherTakesTheGroupOverMinutesFlowAgainWithin40Seconds) {
  ASSERT_NO_FATAL_FAILURE(Begin(2, 2, 1));
  CommitFrozenAtTheOffsets(1);
  writer_.join();
  const double took_s = SecondsSinceFrozen();
  printf("minutes flow again after %.1f s\n", took_s);
  RecordProperty("seconds", std::to_string(took_s));
  EXPECT_TRUE(committed_.ok()) << committed_.error().message;
  EXPECT_LT(took_s, 40);
  cluster_->ThawSecond();
  ExpectMinutes(2);
  ASSERT_TRUE(sink_->Commit(2).ok());
  ExpectMinutes(3);
}

// Nobody takes over: what librdkafka asks for then it would wait for until the broker is back, whatever its timeout.
TEST_F(TwoBrokersSink, WhereNobodyTakesTheGroupOverTheCallIsLeftInTimeAndTheRestIsWaitedFor) {
  ASSERT_NO_FATAL_FAILURE(Begin(1, 2, 1));
  const uint64_t taken = first_->Requests(Api::kInitProducerId);
  CommitFrozenAtTheOffsets(1);
  const bool started_over = Eventually([&] { return first_->Requests(Api::kInitProducerId) > taken; }, seconds(60));
  const double left_s = SecondsSinceFrozen();
  // The watch over a hung writer would have killed it after 35 s, and everybody would have started over.
  EXPECT_TRUE(started_over);
  EXPECT_LT(left_s, 35);
  cluster_->ThawSecond();
  const Clock::time_point thawed_at = Clock::now();
  writer_.join();
  const double flow_s = std::chrono::duration<double>(Clock::now() - thawed_at).count();
  printf("the call was left after %.1f s; minutes flow again %.1f s after the broker is back\n", left_s, flow_s);
  EXPECT_TRUE(committed_.ok()) << committed_.error().message;
  EXPECT_LT(flow_s, 40);
  ExpectMinutes(2);
  ASSERT_TRUE(sink_->Commit(2).ok());
  ExpectMinutes(3);
}

TEST_F(TwoBrokersSink, ReplicasThatAreMissingAreNamedAndNothingIsLost) {
  ASSERT_NO_FATAL_FAILURE(Begin(1, 1, 1, {{"min.insync.replicas", "2"}}, kShortTimeoutMs));
  cluster_->StopSecond();
  sink_->TakeForEachCall(kLostMs);
  const Result<void> given_up = sink_->Commit(1);
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().exit_code, ExitCode::kTryAgain);
  ExpectNamed(given_up.error().message,
              {"NOT_ENOUGH_REPLICAS", "min.insync.replicas is 2", "topic " + output_->name(), "broker 2"});
  cluster_->StartSecond();
  sink_ = RecordSink(2);
  const Result<StartState> start_state = sink_->TakeOver();
  ASSERT_TRUE(start_state.ok()) << start_state.error().message;
  ASSERT_TRUE(sink_->Commit(1).ok());
  ExpectMinutes(2);
}

TEST_F(TwoBrokersSink, ATransactionCoordinatorThatIsAwayIsNamed) {
  ASSERT_NO_FATAL_FAILURE(Begin(1, 1, 2, {}, kShortTimeoutMs));
  cluster_->StopSecond();
  const std::vector<std::string> named = {"the transaction coordinator of headcount-" + group_ + " is away",
                                          "__transaction_state", "broker 2"};
  // At a start ...
  {
    const auto next = RecordSink(2);
    const Result<StartState> start_state = next->TakeOver();
    ASSERT_FALSE(start_state.ok());
    EXPECT_EQ(start_state.error().exit_code, ExitCode::kUnavailable);
    ExpectNamed(start_state.error().message, named);
    EXPECT_EQ(start_state.error().message.find("no answer from"), std::string::npos) << start_state.error().message;
  }
  // ... and in the middle of a life.
  sink_->TakeForEachCall(kLostMs);
  const Result<void> given_up = sink_->Commit(1);
  ASSERT_FALSE(given_up.ok());
  EXPECT_EQ(given_up.error().exit_code, ExitCode::kTryAgain);
  ExpectNamed(given_up.error().message, named);
  cluster_->StartSecond();
  sink_ = RecordSink(3);
  const Result<StartState> start_state = sink_->TakeOver();
  ASSERT_TRUE(start_state.ok()) << start_state.error().message;
  ASSERT_TRUE(sink_->Commit(1).ok());
  ExpectMinutes(2);
}

}  // namespace
}  // namespace headcount::test
