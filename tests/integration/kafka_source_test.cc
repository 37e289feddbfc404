// A worker's input from a real broker: what arrives, where the position stands, when the end is proven, and
// what is said when input is lost.
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <thread>

#include "common/kafka/input_identity.h"
#include "tests/support/kafka_testing.h"
#include "worker/kafka_frame_source.h"

namespace headcount {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestBroker;
using test::TestTopic;
using Clock = std::chrono::steady_clock;

constexpr int kTimeoutMs = 10'000;
constexpr PartitionId kP0{0};
constexpr PartitionId kP1{1};

test::KafkaValues Numbered(int64_t first, int64_t count) {
  test::KafkaValues values;
  for (int64_t i = first; i < first + count; ++i) values.emplace_back("v" + std::to_string(i));
  return values;
}

// A frame, copied out of the source.
struct Copy {
  int64_t offset;
  std::string bytes;
  bool has_value;
};

class KafkaSourceTest : public testing::Test {
 protected:
  KafkaSourceOptions Options(const std::string& topic, OnLostInput on_lost_input = OnLostInput::kFail) const {
    KafkaSourceOptions options;
    options.config = {broker_.bootstrap_server(), TestBroker::UniqueName("group"), {}};
    options.topic = topic;
    options.on_lost_input = on_lost_input;
    return options;
  }

  static std::unique_ptr<KafkaFrameSource> Started(KafkaSourceOptions options,
                                                   const std::vector<StartPosition>& starts) {
    auto source = std::make_unique<KafkaFrameSource>(std::move(options));
    const Result<void> started = source->Start(starts);
    EXPECT_TRUE(started.ok()) << started.error().message;
    return source;
  }
  std::unique_ptr<KafkaFrameSource> Started(const std::string& topic, const std::vector<StartPosition>& starts) const {
    return Started(Options(topic), starts);
  }

  // Fetches as a worker does until the condition holds; the frames seen meanwhile. Fails after a while.
  template <typename Condition>
  static std::vector<Copy> FetchUntil(FrameSource* source, PartitionId p, const Condition& done, size_t max = 1'000) {
    std::vector<Copy> frames;
    const Clock::time_point deadline = Clock::now() + milliseconds(kTimeoutMs);
    while (!done(frames)) {
      if (Clock::now() > deadline) {
        ADD_FAILURE() << "nothing more comes after " << frames.size() << " frames, at " << source->Position(p).value();
        break;
      }
      const Result<FrameBatch> batch = source->Fetch(p, max);
      EXPECT_TRUE(batch.ok()) << batch.error().message;
      if (!batch.ok()) break;
      for (size_t i = 0; i < batch->count; ++i) {
        const SourceFrame& frame = batch->frames[i];
        frames.push_back({frame.offset.value(), std::string(frame.bytes), frame.has_value});
      }
      if (batch->count == 0) WaitForMore(source, p);
    }
    return frames;
  }
  static std::vector<Copy> FetchCount(FrameSource* source, PartitionId p, size_t count) {
    return FetchUntil(source, p, [&](const auto& frames) { return frames.size() >= count; });
  }
  static std::vector<Copy> FetchUntilPosition(FrameSource* source, PartitionId p, int64_t position) {
    return FetchUntil(source, p, [&](const auto&) { return source->Position(p) >= Offset(position); });
  }

  static void WaitForMore(FrameSource* source, PartitionId p) {
    source->WakeFetcherIfIdle(p);
    pollfd ready{source->ReadyFd(), POLLIN, 0};
    poll(&ready, 1, 20);
    source->ClearReady();
  }

  // Fetches until an error comes, and gives it back.
  static Error FetchUntilError(FrameSource* source, PartitionId p, seconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    while (Clock::now() < deadline) {
      const Result<FrameBatch> batch = source->Fetch(p, 100);
      if (!batch.ok()) return batch.error();
      if (batch->count == 0) WaitForMore(source, p);
    }
    ADD_FAILURE() << "no error came";
    return Error{ExitCode::kDone, ""};
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(KafkaSourceTest, FramesComeInOrderFromTheOffsetsAskedFor) {
  const TestTopic topic(broker_, "order", 2);
  broker_.Produce(topic.name(), 0, Numbered(0, 500));
  broker_.Produce(topic.name(), 1, Numbered(0, 50));
  const auto source = Started(topic.name(), {{kP0, Offset(123)}, {kP1, Offset(0)}});
  EXPECT_EQ(source->Position(kP0), Offset(123));
  const auto first = FetchCount(source.get(), kP0, 377);
  ASSERT_EQ(first.size(), 377U);
  for (size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].offset, static_cast<int64_t>(123 + i));
    ASSERT_EQ(first[i].bytes, "v" + std::to_string(123 + i));
  }
  EXPECT_EQ(source->Position(kP0), Offset(500));
  EXPECT_EQ(source->Position(kP1), Offset(0));
  EXPECT_EQ(FetchCount(source.get(), kP1, 50).size(), 50U);
}

TEST_F(KafkaSourceTest, TheFirstFrameComesQuickly) {
  const TestTopic topic(broker_, "quick", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 10));
  const Clock::time_point start = Clock::now();
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  FetchCount(source.get(), kP0, 10);
  const auto taken = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  RecordProperty("milliseconds", std::to_string(taken.count()));
  EXPECT_LT(taken, milliseconds(400));  // a logical offset would take 500
}

TEST_F(KafkaSourceTest, ARecordWithoutAValueIsToldFromAnEmptyOne) {
  const TestTopic topic(broker_, "values", 1);
  broker_.Produce(topic.name(), 0, {std::nullopt, "", "x"});
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  const auto frames = FetchCount(source.get(), kP0, 3);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_FALSE(frames[0].has_value);
  EXPECT_TRUE(frames[1].has_value);
  EXPECT_EQ(frames[1].bytes, "");
  EXPECT_EQ(frames[2].bytes, "x");
}

TEST_F(KafkaSourceTest, ARecordLargerThanAnyFetchArrivesWhole) {
  const TestTopic topic(broker_, "large", 1, {{"max.message.bytes", "20000000"}});
  const TestBroker generous(broker_.bootstrap_server(), {{"message.max.bytes", "20000000"}});
  std::string large = "x";
  large.resize(9'000'000, 'x');
  generous.Produce(topic.name(), 0, {"before", large, "after"});
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  const auto frames = FetchCount(source.get(), kP0, 3);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[1].bytes, large);
  EXPECT_EQ(frames[2].bytes, "after");
}

TEST_F(KafkaSourceTest, FramesStayUntilTheNextFetchOfTheirPartition) {
  const TestTopic topic(broker_, "stay", 2);
  broker_.Produce(topic.name(), 0, Numbered(0, 10));
  broker_.Produce(topic.name(), 1, Numbered(0, 10));
  const auto source = Started(topic.name(), {{kP0, Offset(0)}, {kP1, Offset(0)}});
  FrameBatch kept;
  while (kept.count == 0) {
    WaitForMore(source.get(), kP0);
    const auto batch = source->Fetch(kP0, 5);
    ASSERT_TRUE(batch.ok());
    kept = *batch;
  }
  FetchCount(source.get(), kP1, 10);
  for (size_t i = 0; i < kept.count; ++i) EXPECT_EQ(kept.frames[i].bytes, "v" + std::to_string(i));
}

TEST_F(KafkaSourceTest, ReadyFdWakesWhenSomethingArrives) {
  const TestTopic topic(broker_, "ready", 1);
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  FetchUntil(source.get(), kP0, [&](const auto&) { return source->KnownEnd(kP0) == Offset(0); });
  // What was told of the end must be taken before anything new can be noticed.
  pollfd ready{source->ReadyFd(), POLLIN, 0};
  do {
    source->ClearReady();
    ASSERT_EQ(source->Fetch(kP0, 10)->count, 0U);
  } while (poll(&ready, 1, 100) == 1);
  std::thread producer([&] {
    std::this_thread::sleep_for(milliseconds(200));
    broker_.Produce(topic.name(), 0, Numbered(0, 1));
  });
  EXPECT_EQ(poll(&ready, 1, kTimeoutMs), 1);
  producer.join();
  EXPECT_EQ(FetchCount(source.get(), kP0, 1).size(), 1U);
}

// --- Ends ----------------------------------------------------------------------------------------------------

TEST_F(KafkaSourceTest, AnEmptyPartitionIsAtItsEnd) {
  const TestTopic topic(broker_, "empty", 1);
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);
  EXPECT_EQ(source->KnownEnd(kP0), Offset(0));
}

TEST_F(KafkaSourceTest, TheEndIsNotReachedWhileFramesWait) {
  const TestTopic topic(broker_, "waiting", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 10));
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kMore);
  FetchCount(source.get(), kP0, 10);
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);
  broker_.Produce(topic.name(), 0, Numbered(10, 1));
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kMore);
}

TEST_F(KafkaSourceTest, ThePositionCountsControlRecordsAtTheEnd) {
  const TestTopic topic(broker_, "control", 1);
  test::TransactionalProducer stranger(broker_, TestBroker::UniqueName("stranger"));
  stranger.Begin();
  stranger.Produce(topic.name(), 0, Numbered(0, 10));
  stranger.Commit();
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  EXPECT_EQ(FetchUntilPosition(source.get(), kP0, 11).size(), 10U);
  EXPECT_EQ(source->Position(kP0), Offset(11));
  EXPECT_EQ(source->KnownEnd(kP0), Offset(11));
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);
}

TEST_F(KafkaSourceTest, AnOpenTransactionIsNeverTheEndAndItsRecordsComeOnceCommitted) {
  const TestTopic topic(broker_, "open", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 5));
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  FetchCount(source.get(), kP0, 5);
  ASSERT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);

  test::TransactionalProducer stranger(broker_, TestBroker::UniqueName("stranger"));
  stranger.Begin();
  stranger.Produce(topic.name(), 0, Numbered(5, 3));
  // At once, and after every chance to have been told of an end.
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kMore);
    ASSERT_EQ(source->Fetch(kP0, 100)->count, 0U);
    WaitForMore(source.get(), kP0);
  }
  stranger.Commit();
  EXPECT_EQ(FetchUntilPosition(source.get(), kP0, 9).size(), 3U);
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);
}

TEST_F(KafkaSourceTest, AnAbortedTransactionBringsNothingAndThenTheEnd) {
  const TestTopic topic(broker_, "aborted", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 5));
  test::TransactionalProducer stranger(broker_, TestBroker::UniqueName("stranger"));
  stranger.Begin();
  stranger.Produce(topic.name(), 0, Numbered(5, 3));
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  FetchCount(source.get(), kP0, 5);
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kMore);
  stranger.Abort();
  EXPECT_TRUE(FetchUntilPosition(source.get(), kP0, 9).empty());
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);
}

TEST_F(KafkaSourceTest, AnUnreachableBrokerIsNoErrorAndNoEnd) {
  KafkaSourceOptions options = Options("any");
  options.config.bootstrap_server = "127.0.0.1:1";
  const Clock::time_point start = Clock::now();
  {
    const auto source = Started(std::move(options), {{kP0, Offset(0)}});
    EXPECT_EQ(source->AskEnd(kP0, 300), EndAnswer::kUnanswered);
    const auto batch = source->Fetch(kP0, 10);
    ASSERT_TRUE(batch.ok()) << batch.error().message;
    EXPECT_EQ(batch->count, 0U);
    EXPECT_EQ(source->KnownEnd(kP0), Offset(-1));
    source->WakeFetcherIfIdle(kP0);
  }
  EXPECT_LT(Clock::now() - start, seconds(3));
}

// --- Back-pressure and growth --------------------------------------------------------------------------------

TEST_F(KafkaSourceTest, APartitionThatIsNotReadHoldsUpNoOther) {
  const TestTopic topic(broker_, "pressure", 2);
  const test::KafkaValues bulk(20'000, std::string(1'000, 'x'));
  broker_.Produce(topic.name(), 0, bulk);
  broker_.Produce(topic.name(), 1, bulk);
  KafkaSourceOptions options = Options(topic.name());
  options.fetch_budget_bytes = uint64_t{4} << 20;
  const auto source = Started(std::move(options), {{kP0, Offset(0)}, {kP1, Offset(0)}});
  Clock::time_point start = Clock::now();
  EXPECT_EQ(FetchCount(source.get(), kP0, bulk.size()).size(), bulk.size());
  EXPECT_LT(Clock::now() - start, seconds(4));
  EXPECT_EQ(source->Position(kP1), Offset(0));
  // Its queue was full; draining it must not wait for a fetcher that sleeps a second at a time.
  start = Clock::now();
  EXPECT_EQ(FetchCount(source.get(), kP1, bulk.size()).size(), bulk.size());
  EXPECT_LT(Clock::now() - start, seconds(4));
}

TEST_F(KafkaSourceTest, PartitionsAreAddedWithoutDisturbingThoseBeingRead) {
  const TestTopic topic(broker_, "grown", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 2'000));
  const auto source = Started(topic.name(), {{kP0, Offset(0)}});
  std::vector<Copy> seen = FetchCount(source.get(), kP0, 10);
  broker_.GrowTopic(topic.name(), 3);
  broker_.Produce(topic.name(), 2, Numbered(0, 5));
  const Result<void> added = source->Add({{kP1, Offset(0)}, {PartitionId(2), Offset(0)}});
  ASSERT_TRUE(added.ok()) << added.error().message;
  const auto rest = FetchUntilPosition(source.get(), kP0, 2'000);
  seen.insert(seen.end(), rest.begin(), rest.end());
  ASSERT_EQ(seen.size(), 2'000U);
  for (size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].offset, static_cast<int64_t>(i));
  EXPECT_EQ(FetchCount(source.get(), PartitionId(2), 5).size(), 5U);
  EXPECT_EQ(source->AskEnd(kP1, kTimeoutMs), EndAnswer::kAtEnd);
}

// --- Lost input ----------------------------------------------------------------------------------------------

TEST_F(KafkaSourceTest, InputThatRetentionRemovedIsAnErrorThatNamesTheRange) {
  const TestTopic topic(broker_, "lost", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 100));
  broker_.DeleteRecords(topic.name(), 0, 40);
  const auto source = Started(topic.name(), {{kP0, Offset(10)}});
  const Error error = FetchUntilError(source.get(), kP0, seconds(10));
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(error.message.find("[10, 40)"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("partition 0 of topic " + topic.name()), std::string::npos) << error.message;
}

TEST_F(KafkaSourceTest, OnRequestLostInputIsCountedAndReadingGoesOn) {
  const TestTopic topic(broker_, "continue", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 100));
  broker_.DeleteRecords(topic.name(), 0, 40);
  const auto source = Started(Options(topic.name(), OnLostInput::kContinue), {{kP0, Offset(10)}});
  const auto frames = FetchCount(source.get(), kP0, 60);
  ASSERT_EQ(frames.size(), 60U);
  EXPECT_EQ(frames.front().offset, 40);
  EXPECT_EQ(source->LostRecords(), 30U);
  EXPECT_EQ(source->AskEnd(kP0, kTimeoutMs), EndAnswer::kAtEnd);
  // Reading is as before: what comes later is read, too.
  broker_.Produce(topic.name(), 0, Numbered(100, 10));
  EXPECT_EQ(FetchCount(source.get(), kP0, 10).size(), 10U);
}

TEST_F(KafkaSourceTest, RecordsThatNeverWereNeedAHumanWhateverTheOption) {
  const TestTopic topic(broker_, "beyond", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 100));
  const auto source = Started(Options(topic.name(), OnLostInput::kContinue), {{kP0, Offset(500)}});
  const Error error = FetchUntilError(source.get(), kP0, seconds(10));
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(error.message.find("ends at offset 100"), std::string::npos) << error.message;
}

TEST_F(KafkaSourceTest, ATopicDeletedUnderTheReaderNeedsAHuman) {
  const std::string topic = TestBroker::UniqueName("deleted");
  broker_.CreateTopic(topic, 1);
  broker_.Produce(topic, 0, Numbered(0, 10));
  const auto source = Started(topic, {{kP0, Offset(0)}});
  FetchCount(source.get(), kP0, 10);
  broker_.DeleteTopic(topic);
  const Error error = FetchUntilError(source.get(), kP0, seconds(30));
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(error.message.find(topic), std::string::npos) << error.message;
}

TEST_F(KafkaSourceTest, ATopicMadeAnewAndShorterNeedsAHuman) {
  const std::string topic = TestBroker::UniqueName("anew");
  broker_.CreateTopic(topic, 1);
  broker_.Produce(topic, 0, Numbered(0, 100));
  const auto source = Started(topic, {{kP0, Offset(0)}});
  FetchCount(source.get(), kP0, 100);
  broker_.DeleteTopic(topic);
  broker_.CreateTopic(topic, 1);
  const Error error = FetchUntilError(source.get(), kP0, seconds(30));
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(error.message.find(topic), std::string::npos) << error.message;
  broker_.DeleteTopic(topic);
}

// --- What a record is known by -------------------------------------------------------------------------------

class KafkaMarksTest : public KafkaSourceTest {
 protected:
  kafka::MarkSeen Look(const std::string& topic, const RecordMark& mark) const {
    const Result<kafka::MarkSeen> seen = kafka::LookForMarks(Options(topic).config, topic, {{kP0, mark}}, kTimeoutMs);
    EXPECT_TRUE(seen.ok()) << seen.error().message;
    return seen.ok() ? *seen : kafka::MarkSeen::kUnknown;
  }
};

TEST_F(KafkaMarksTest, TheRecordBeforeTheStartMarksTheTopicAndIsNotHandedOut) {
  const TestTopic topic(broker_, "before", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 10));
  const auto source = Started(topic.name(), {{kP0, Offset(10)}});
  EXPECT_FALSE(source->Mark(kP0));
  EXPECT_TRUE(FetchUntil(source.get(), kP0, [&](const auto&) { return source->Mark(kP0).has_value(); }).empty());
  EXPECT_EQ(source->Mark(kP0)->offset, Offset(9));
  EXPECT_EQ(source->Position(kP0), Offset(10));
  broker_.Produce(topic.name(), 0, Numbered(10, 2));
  const std::vector<Copy> frames = FetchCount(source.get(), kP0, 2);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].offset, 10);
  EXPECT_EQ(source->Mark(kP0)->offset, Offset(9)) << "the next one comes when the writer has seen this";
}

TEST_F(KafkaMarksTest, AStartWhereRetentionHasTakenWhatIsBeforeIsNoLostInput) {
  const TestTopic topic(broker_, "edge", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 10));
  broker_.DeleteRecords(topic.name(), 0, 6);
  const auto source = Started(topic.name(), {{kP0, Offset(6)}});
  EXPECT_EQ(FetchCount(source.get(), kP0, 4).front().offset, 6);
  EXPECT_EQ(source->LostRecords(), 0U);
}

TEST_F(KafkaMarksTest, AStartOneBehindTheEndNeedsAHumanAsAnyOther) {
  const TestTopic topic(broker_, "onebehind", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 10));
  const auto source = Started(topic.name(), {{kP0, Offset(11)}});
  const Error error = FetchUntilError(source.get(), kP0, seconds(10));
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(error.message.find("ends at offset 10, before offset 11"), std::string::npos) << error.message;
}

TEST_F(KafkaMarksTest, ARecordIsFoundAgainUntilTheTopicIsAnotherOrRetentionHasTakenIt) {
  const std::string topic = TestBroker::UniqueName("marks");
  broker_.CreateTopic(topic, 1);
  broker_.Produce(topic, 0, Numbered(0, 100));
  const auto source = Started(topic, {{kP0, Offset(0)}});
  FetchCount(source.get(), kP0, 100);
  const std::optional<RecordMark> mark = source->Mark(kP0);
  ASSERT_TRUE(mark);
  EXPECT_EQ(Look(topic, *mark), kafka::MarkSeen::kSame);
  EXPECT_EQ(Look(topic, {Offset(100), 1}), kafka::MarkSeen::kAnother) << "the log has not come so far";
  broker_.DeleteRecords(topic, 0, mark->offset.value() + 1);
  EXPECT_EQ(Look(topic, *mark), kafka::MarkSeen::kUnknown);
  // The same bytes, but Kafka took them at another time.
  broker_.DeleteTopic(topic);
  broker_.CreateTopic(topic, 1);
  broker_.Produce(topic, 0, Numbered(0, 100));
  EXPECT_EQ(Look(topic, *mark), kafka::MarkSeen::kAnother);
  broker_.DeleteTopic(topic);
}

// The library cannot say it before 2.3.0.
TEST_F(KafkaMarksTest, ATopicThatIsMadeAnewHasAnotherIdWhereTheLibraryKnowsIds) {
  const std::string topic = TestBroker::UniqueName("ids");
  broker_.CreateTopic(topic, 1);
  const Result<kafka::Handle> handle =
      kafka::NewAskingConsumer(Options(topic).config, kafka::Isolation::kReadCommitted, kafka::GroupUse::kNone);
  ASSERT_TRUE(handle.ok());
  const auto first = kafka::TopicId(handle->get(), topic, kTimeoutMs);
  const auto again = kafka::TopicId(handle->get(), topic, kTimeoutMs);
  broker_.DeleteTopic(topic);
  broker_.CreateTopic(topic, 1);
  const auto second = kafka::TopicId(handle->get(), topic, kTimeoutMs);
  broker_.DeleteTopic(topic);
  ASSERT_TRUE(first.ok() && again.ok() && second.ok());
  EXPECT_EQ(*first, *again);
  if (!*first) GTEST_SKIP() << "built with a librdkafka before 2.3.0";
  EXPECT_NE(*first, *second);
}

TEST_F(KafkaSourceTest, APartitionThatDoesNotExistNeedsAHuman) {
  const TestTopic topic(broker_, "nopartition", 1);
  broker_.Produce(topic.name(), 0, Numbered(0, 5));
  const auto source = Started(topic.name(), {{kP0, Offset(0)}, {PartitionId(7), Offset(0)}});
  ASSERT_EQ(FetchCount(source.get(), kP0, 5).size(), 5U) << "the one beside it is read";
  const Error error = FetchUntilError(source.get(), PartitionId(7), seconds(45));
  EXPECT_EQ(error.exit_code, ExitCode::kHumanNeeded) << error.message;
}

}  // namespace
}  // namespace headcount
