// Every way a transaction can end, on a real broker: what the client is told is made up by a proxy, what the broker has
// done is not. Whatever it is told, the writer's outlet must find out what happened, and every minute must be there
// once, with the offsets of the same transaction.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/writer/kafka_sink.h"
#include "tests/support/child_process.h"
#include "tests/support/hand_fed_sink.h"
#include "tests/support/kafka_testing.h"
#include "tests/support/tcp_proxy.h"

namespace headcount {
namespace {

using test::Api;
using test::Deed;
using test::TcpProxy;
using test::TestBroker;
using test::TestTopic;
using test::WireError;

using test::ExpectHandFedMinutes;
using test::HandFedSink;

constexpr int64_t kStart = test::kHandFedStart;
constexpr int32_t kPartitions = test::kHandFedPartitions;

class Outcomes : public testing::Test {
 protected:
  std::unique_ptr<HandFedSink> RecordSink(const std::string& broker, uint64_t run) const {
    return std::make_unique<HandFedSink>(broker, group_, input_.name(), output_.name(), run);
  }
  std::unique_ptr<HandFedSink> Proxied() const { return RecordSink(proxy_.address(), 1); }

  // The minutes 0 to count-1 are there once each, and the offsets are those of the last.
  void ExpectMinutes(int64_t count) const {
    ExpectHandFedMinutes(broker_, group_, input_.name(), output_.name(), count);
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
  const TestTopic input_{broker_, "input", kPartitions};
  const TestTopic output_{broker_, "output", 2};
  const std::string group_ = TestBroker::UniqueName("group");
  TcpProxy proxy_{broker_.bootstrap_server()};
};

// --- What the client can make good, or cannot -----------------------------------------------------------------

struct Case {
  const char* name;
  Api api;
  Deed deed;
  WireError error;
  int times;
  // Whether the client gives the transaction up, so that Kafka is asked; and whether it had happened then.
  bool unclear;
  bool happened;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

class EveryOutcome : public Outcomes, public testing::WithParamInterface<Case> {};

TEST_P(EveryOutcome, LeavesEachMinuteOnceWithItsOffsets) {
  const Case& c = GetParam();
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  ASSERT_TRUE(sink->Commit(0).ok());

  const uint64_t taken = proxy_.Requests(Api::kInitProducerId);
  const uint64_t begun = proxy_.Requests(Api::kTxnOffsetCommit);
  proxy_.On({c.api, c.deed, c.error, c.times});
  const Result<void> committed = sink->Commit(1);
  ASSERT_TRUE(committed.ok()) << committed.error().message;
  EXPECT_EQ(proxy_.Met(), static_cast<uint64_t>(c.times)) << "it was not put to the test";
  EXPECT_EQ(proxy_.Requests(Api::kInitProducerId) > taken, c.unclear);
  if (c.unclear && c.happened) {
    EXPECT_EQ(proxy_.Requests(Api::kTxnOffsetCommit), begun + 1) << "it was committed once more";
  }
  ExpectMinutes(2);
  // And it goes on from there.
  ASSERT_TRUE(sink->Commit(2).ok());
  ExpectMinutes(3);
}

INSTANTIATE_TEST_SUITE_P(
    OfATransaction, EveryOutcome,
    testing::Values(
        // Retriable: the client does it by itself.
        Case{"CommitCutBefore", Api::kEndTxn, Deed::kCutBefore, WireError::kNone, 2, false, true},
        Case{"CommitCutAfter", Api::kEndTxn, Deed::kCutAfter, WireError::kNone, 2, false, true},
        Case{"CommitLoading", Api::kEndTxn, Deed::kRefuse, WireError::kCoordinatorLoadInProgress, 3, false, true},
        Case{"DoneButLoading", Api::kEndTxn, Deed::kLie, WireError::kCoordinatorLoadInProgress, 3, false, true},
        Case{"OffsetsConcurrent", Api::kAddOffsetsToTxn, Deed::kRefuse, WireError::kConcurrentTransactions, 3, false,
             true},
        Case{"OffsetsLoading", Api::kTxnOffsetCommit, Deed::kLie, WireError::kCoordinatorLoadInProgress, 2, false,
             true},
        Case{"RecordsCutAfter", Api::kProduce, Deed::kCutAfter, WireError::kNone, 2, false, true},
        // Abortable.
        Case{"Abortable", Api::kEndTxn, Deed::kRefuse, WireError::kInvalidProducerIdMapping, 1, true, false},
        Case{"DoneButAbortable", Api::kEndTxn, Deed::kLie, WireError::kInvalidProducerIdMapping, 1, true, true},
        Case{"OffsetsAbortable", Api::kTxnOffsetCommit, Deed::kLie, WireError::kUnknownProducerId, 1, true, false},
        Case{"RecordsAbortable", Api::kProduce, Deed::kLie, WireError::kInvalidProducerIdMapping, 1, true, false},
        // Fatal.
        Case{"Fatal", Api::kEndTxn, Deed::kRefuse, WireError::kInvalidTxnState, 1, true, false},
        Case{"DoneButFatal", Api::kEndTxn, Deed::kLie, WireError::kInvalidTxnState, 1, true, true},
        Case{"PartitionsFatal", Api::kAddPartitionsToTxn, Deed::kLie, WireError::kInvalidTxnState, 1, true, false},
        // Fenced, by nobody.
        Case{"Fenced", Api::kAddPartitionsToTxn, Deed::kLie, WireError::kInvalidProducerEpoch, 1, true, false},
        Case{"DoneButFenced", Api::kEndTxn, Deed::kLie, WireError::kProducerFenced, 1, true, true}),
    [](const auto& tested) { return std::string(tested.param.name); });

// --- More than one thing at once ------------------------------------------------------------------------------

TEST_F(Outcomes, SeveralInARowAreAllMadeGood) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  proxy_.On({Api::kEndTxn, Deed::kRefuse, WireError::kInvalidTxnState, 3});
  proxy_.On({Api::kInitProducerId, Deed::kCutAfter, WireError::kNone, 2});
  proxy_.On({Api::kOffsetFetch, Deed::kCutBefore, WireError::kNone, 2});
  ASSERT_TRUE(sink->Commit(0).ok());
  EXPECT_EQ(proxy_.Met(), 7U);
  ExpectMinutes(1);
}

TEST_F(Outcomes, ACommitThatArrivesAfterKafkaWasAskedDoesNotCount) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  proxy_.On({Api::kEndTxn, Deed::kRefuseAndHold, WireError::kInvalidTxnState, 1});
  ASSERT_TRUE(sink->Commit(0).ok());
  ExpectMinutes(1);
  const uint64_t ended = proxy_.Requests(Api::kEndTxn);
  proxy_.ReleaseUnconfirmed();
  ASSERT_TRUE(sink->Commit(1).ok());
  EXPECT_EQ(proxy_.Requests(Api::kEndTxn), ended + 1);
  ExpectMinutes(2);
}

TEST_F(Outcomes, OneThatIsRefusedForGoodEndsTheJobAndTheNextGoesOn) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  ASSERT_TRUE(sink->Commit(0).ok());
  proxy_.On({Api::kEndTxn, Deed::kRefuse, WireError::kTransactionalIdAuthorizationFailed, 1});
  const Result<void> refused = sink->Commit(1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(refused.error().message.find("Kafka refuses"), std::string::npos) << refused.error().message;
  ExpectMinutes(1);

  const auto next = RecordSink(proxy_.address(), 2);
  const Result<StartState> start_state = next->TakeOver();
  ASSERT_TRUE(start_state.ok()) << start_state.error().message;
  EXPECT_EQ(start_state->plan.closed_frontier, WindowStart(kStart + 60));
  ASSERT_TRUE(next->Commit(1).ok());
  ExpectMinutes(2);
}

TEST_F(Outcomes, OneThatHappenedAlthoughItIsSaidToBeRefusedIsNoReasonToEnd) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  proxy_.On({Api::kEndTxn, Deed::kLie, WireError::kTransactionalIdAuthorizationFailed, 1});
  ASSERT_TRUE(sink->Commit(0).ok());
  ASSERT_TRUE(sink->Commit(1).ok());
  ExpectMinutes(2);
}

TEST_F(Outcomes, AClaimIsMadeAgainUntilItIsConfirmed) {
  for (const Deed deed : {Deed::kRefuse, Deed::kLie}) {
    const auto sink = Proxied();
    proxy_.On({Api::kEndTxn, deed, WireError::kInvalidTxnState, 2});
    const Result<StartState> start_state = sink->TakeOver();
    ASSERT_TRUE(start_state.ok()) << start_state.error().message;
    ASSERT_TRUE(sink->Commit(deed == Deed::kRefuse ? 0 : 1).ok());
  }
  EXPECT_EQ(proxy_.Met(), 4U);
  ExpectMinutes(2);
}

// --- What only a person can mend ------------------------------------------------------------------------------

struct RefusedFor {
  const char* name;
  WireError error;
  std::vector<std::string> told;  // beside the topic

  friend std::ostream& operator<<(std::ostream& out, const RefusedFor& c) { return out << c.name; }
};

class EveryAuthFailure : public Outcomes, public testing::WithParamInterface<RefusedFor> {};

TEST_P(EveryAuthFailure, OfTheRecordsEndsTheJobAtOnceAndSaysWhatToDo) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  ASSERT_TRUE(sink->Commit(0).ok());
  // The broker takes them, and says that it does not; so they are never committed.
  proxy_.On({Api::kProduce, Deed::kLie, GetParam().error});
  const Result<void> refused = sink->Commit(1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().exit_code, ExitCode::kHumanNeeded);
  std::vector<std::string> told = GetParam().told;
  told.push_back(output_.name());
  for (const std::string& word : told) {
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << word << " in: " << refused.error().message;
  }
  EXPECT_EQ(proxy_.Met(), 1U) << "it was tried again";
  ExpectMinutes(1);
}

INSTANTIATE_TEST_SUITE_P(
    Of, EveryAuthFailure,
    testing::Values(
        RefusedFor{"ATimestamp", WireError::kInvalidTimestamp, {"INVALID_TIMESTAMP", "message.timestamp.type"}},
        RefusedFor{"ARecord", WireError::kInvalidRecord, {"INVALID_RECORD", "--output-topic"}},
        RefusedFor{
            "ACodec", WireError::kUnsupportedCompressionType, {"UNSUPPORTED_COMPRESSION_TYPE", "-X compression"}},
        RefusedFor{"AnOldFormat", WireError::kUnsupportedForMessageFormat, {"UNSUPPORTED_FOR_MESSAGE_FORMAT"}},
        RefusedFor{"APolicy", WireError::kPolicyViolation, {"POLICY_VIOLATION"}},
        RefusedFor{"ARight", WireError::kTopicAuthorizationFailed, {"ACL Write on Topic", "kafka-acls.sh"}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(Outcomes, ABatchThatIsSaidToBeTooLargeIsSentInSmallerOnes) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  proxy_.On({Api::kProduce, Deed::kLie, WireError::kMessageTooLarge, 1});
  const Result<void> committed = sink->Commit(0);
  ASSERT_TRUE(committed.ok()) << committed.error().message;
  EXPECT_EQ(proxy_.Met(), 1U);
  ExpectMinutes(1);
}

// --- What cannot be found out ----------------------------------------------------------------------------------

TEST_F(Outcomes, WhatCannotBeFoundOutForFiveMinutesEndsTheJobToBeTriedAgainAndTheNextStartSeesIt) {
  for (const bool asked_to_end : {false, true}) {
    const int64_t minute = asked_to_end ? 1 : 0;
    const auto sink = RecordSink(proxy_.address(), static_cast<uint64_t>(minute) + 1);
    const Result<StartState> start_state = sink->TakeOver();
    ASSERT_TRUE(start_state.ok()) << start_state.error().message;
    if (asked_to_end) {
      EXPECT_EQ(start_state->plan.closed_frontier, WindowStart(kStart + 60));
    }
    // It happens, and nobody says so.
    proxy_.On({Api::kEndTxn, Deed::kLie, WireError::kInvalidTxnState, 1});
    proxy_.On({Api::kInitProducerId, Deed::kRefuse, WireError::kProducerFenced});
    asked_to_end ? sink->GiveUp() : sink->TakeForEachCall(60'000);
    const Result<void> committed = sink->Commit(minute);
    ASSERT_FALSE(committed.ok());
    EXPECT_EQ(committed.error().exit_code, ExitCode::kTryAgain);
    const char* const why = asked_to_end ? "the job is to end" : "after 300 s";
    EXPECT_NE(committed.error().message.find(why), std::string::npos) << committed.error().message;
    proxy_.ClearRules();
    ExpectMinutes(minute + 1);
  }
}

// --- Somebody else in between ---------------------------------------------------------------------------------

TEST_F(Outcomes, WhereAnotherTookOverMeanwhileTheFirstEndsAndHasPublishedNothingSince) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  ASSERT_TRUE(sink->Commit(0).ok());
  // Its commit is under way for so long that another one has claimed the job and published that minute itself.
  proxy_.On({Api::kEndTxn, Deed::kHoldRequest, WireError::kNone, 1});
  Result<void> committed;
  std::thread writer([&] { committed = sink->Commit(1); });
  EXPECT_TRUE(test::Eventually([this] { return proxy_.Met() == 1; }));
  const auto other = RecordSink(broker_.bootstrap_server(), 2);
  const Result<StartState> start_state = other->TakeOver();
  EXPECT_TRUE(start_state.ok()) << start_state.error().message;
  EXPECT_TRUE(other->Commit(1).ok());
  proxy_.ReleaseUnconfirmed();
  writer.join();
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(committed.error().message.find("took over"), std::string::npos) << committed.error().message;
  ExpectMinutes(2);
  ASSERT_TRUE(other->Commit(2).ok()) << "it was fenced by the one that it took over from";
  ExpectMinutes(3);
}

TEST_F(Outcomes, AStrangersOffsetsAreNoticedWhereKafkaIsAsked) {
  const auto sink = Proxied();
  ASSERT_TRUE(sink->TakeOver().ok());
  ASSERT_TRUE(sink->Commit(0).ok());
  proxy_.On({Api::kProduce, Deed::kLie, WireError::kInvalidProducerIdMapping, 1});
  broker_.CommitPlain(group_, input_.name(), 0, 5);
  const Result<void> committed = sink->Commit(1);
  ASSERT_FALSE(committed.ok());
  EXPECT_EQ(committed.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(committed.error().message.find(group_), std::string::npos) << committed.error().message;
  EXPECT_EQ(broker_.ReadAll(output_.name()).size(), 1U);
}

}  // namespace
}  // namespace headcount
