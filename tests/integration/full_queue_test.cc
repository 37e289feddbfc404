// A reader slower than its broker, so that its queue is full most of the time: it never waits for the fetcher, and the
// client has nothing to say about it. Holds with every librdkafka, whichever way the fetcher is made to look again.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/kafka_testing.h"
#include "tests/support/tcp_proxy.h"
#include "worker/kafka_frame_source.h"

namespace headcount {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr PartitionId kP0{0};
constexpr size_t kFrameBytes = 1'000;
constexpr int64_t kFrames = 40'000;
// The queue is full after each answer. The broker sends whole batches, which the producer makes of about 1 MB.
constexpr uint64_t kBudgetBytes = 128 << 10;
constexpr uint64_t kFills = kFrames * kFrameBytes / 1'000'000;

class FullQueueTest : public testing::Test {
 protected:
  FullQueueTest() {
    test::KafkaValues values(static_cast<size_t>(kFrames), std::string(kFrameBytes, 'x'));
    broker_.Produce(topic_.name(), kP0.value(), values);
  }

  std::unique_ptr<KafkaFrameSource> Made() const {
    KafkaSourceOptions options;
    options.config = {proxy_.address(), test::TestBroker::UniqueName("group"), {}};
    options.topic = topic_.name();
    options.fetch_budget_bytes = kBudgetBytes;
    return std::make_unique<KafkaFrameSource>(std::move(options));
  }
  std::unique_ptr<KafkaFrameSource> Started() const {
    auto source = Made();
    const Result<void> started = source->Start({{kP0, Offset(0)}});
    EXPECT_TRUE(started.ok()) << started.error().message;
    return source;
  }

  // Reads as a worker does, with `work` after each batch of `max` frames, until all is read or the time is over.
  static int64_t Read(KafkaFrameSource* source, size_t max, milliseconds work, seconds limit) {
    const Clock::time_point deadline = Clock::now() + limit;
    int64_t frames = 0;
    while (frames < kFrames && Clock::now() < deadline) {
      const Result<FrameBatch> batch = source->Fetch(kP0, max);
      if (!batch.ok()) {
        ADD_FAILURE() << batch.error().message;
        break;
      }
      frames += static_cast<int64_t>(batch->count);
      if (batch->count > 0) {
        std::this_thread::sleep_for(work);
        continue;
      }
      source->WakeFetcherIfIdle(kP0);
      pollfd waited{source->ReadyFd(), POLLIN, 0};
      poll(&waited, 1, 10);
      source->ClearReady();
    }
    return frames;
  }

  static Clock::duration FirstRecordAfter(KafkaFrameSource* source, Clock::time_point begun) {
    const Clock::time_point deadline = begun + seconds(30);
    while (Clock::now() < deadline) {
      const Result<FrameBatch> batch = source->Fetch(kP0, 1);
      if (!batch.ok() || batch->count > 0) break;
      pollfd waited{source->ReadyFd(), POLLIN, 0};
      poll(&waited, 1, 10);
      source->ClearReady();
    }
    return Clock::now() - begun;
  }

  const test::TestBroker broker_ = test::TestBroker::FromEnvironment();
  const test::TestTopic topic_{broker_, "full", 1};
  test::TcpProxy proxy_{broker_.bootstrap_server()};
};

// A worker's client is connected before the worker is told what to read. From then on it looks for the leaders of new
// topics once a second only.
TEST_F(FullQueueTest, BeginsAtOnceOnAClientThatHasLongBeenConnected) {
  std::vector<Clock::duration> waited;
  for (int start = 0; start < 7; ++start) {
    const uint64_t answers = proxy_.Answers(test::Api::kMetadata);
    const auto source = Made();
    ASSERT_TRUE(source->Prepare(1).ok());
    ASSERT_TRUE(test::Eventually([&] { return proxy_.Answers(test::Api::kMetadata) > answers; }));
    const Clock::time_point begun = Clock::now();
    ASSERT_TRUE(source->Start({{kP0, Offset(0)}}).ok());
    waited.push_back(FirstRecordAfter(source.get(), begun));
  }
  std::sort(waited.begin(), waited.end());
  EXPECT_LT(waited[3], milliseconds(400)) << "the median of seven, in nanoseconds";
}

// A fetcher that passes over a full queue for its default of 1 s would take kFills seconds.
TEST_F(FullQueueTest, IsFilledAgainAsSoonAsItIsRead) {
  const auto source = Started();
  EXPECT_EQ(Read(source.get(), 1'000, milliseconds(0), seconds(kFills / 4)), kFrames);
  EXPECT_GE(proxy_.Answers(test::Api::kFetch), kFills / 2) << "the queue was not full after each answer";
}

// librdkafka looks once a second at what is overdue: the work makes it look several times.
TEST_F(FullQueueTest, MakesTheClientSayNothing) {
  testing::internal::CaptureStderr();
  auto source = Started();
  const int64_t read = Read(source.get(), 50, milliseconds(5), seconds(kFills / 4));
  source->AskEnd(kP0, 1'000);
  source.reset();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(read, kFrames);
}

}  // namespace
}  // namespace headcount
