// The minutes that the status remembers: whole ones and in order, while the writer stores the next over the oldest.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/base/limits.h"
#include "common/shm/coordinator_view.h"
#include "common/shm/writer_view.h"

namespace headcount::test {
namespace {

// Every number of it follows from its own.
PublishedMinute Minute(uint64_t number) {
  PublishedMinute minute;
  minute.start = WindowStart(static_cast<int64_t>(60 * number));
  minute.unique_users = 3 * number;
  minute.counts.counted = 7 * number;
  minute.counts.invalid_by_reason.fill(number);
  minute.published_at_ms = static_cast<int64_t>(60'000 * number);
  return minute;
}

bool IsWhole(const PublishedMinute& minute) {
  const PublishedMinute right = Minute(static_cast<uint64_t>(minute.start.seconds() / 60));
  return minute.unique_users == right.unique_users && minute.counts == right.counts &&
         minute.published_at_ms == right.published_at_ms;
}

class RecentMinutesTest : public testing::Test {
 protected:
  void Publish(uint64_t minutes) {
    for (uint64_t i = 0; i < minutes; ++i) writer_.ShowMinute(published_ + i, Minute(published_ + i));
    published_ += minutes;
    writer_.ShowPublished({}, published_);
  }
  std::vector<PublishedMinute> Recent() const { return shm::CoordinatorView(&memory_).RecentMinutes(); }

  shm::JobMemory memory_ = shm::JobMemory::Create(1, uint64_t{1} << 20).value();
  shm::WriterView writer_{&memory_};
  uint64_t published_ = 0;
};

TEST_F(RecentMinutesTest, AreTheLastSixtyTheNewestLast) {
  EXPECT_TRUE(Recent().empty());
  Publish(3);
  EXPECT_EQ(Recent().size(), 3U);
  Publish(250);
  const std::vector<PublishedMinute> recent = Recent();
  ASSERT_EQ(recent.size(), limits::kRecentMinutes);
  for (size_t i = 0; i < recent.size(); ++i) {
    EXPECT_EQ(recent[i].start.seconds() / 60, static_cast<int64_t>(253 - recent.size() + i));
    EXPECT_TRUE(IsWhole(recent[i]));
  }
}

TEST_F(RecentMinutesTest, LeavesOutWhatIsBeingStoredOver) {
  Publish(64);
  // The writer is in the middle of its next transaction of ten minutes.
  for (uint64_t i = 0; i < 10; ++i) writer_.ShowMinute(64 + i, Minute(64 + i));
  const std::vector<PublishedMinute> recent = Recent();
  ASSERT_EQ(recent.size(), 54U);
  EXPECT_EQ(recent.front().start.seconds() / 60, 10);
  EXPECT_EQ(recent.back().start.seconds() / 60, 63);
}

TEST_F(RecentMinutesTest, AreWholeAndInOrderWhileTheWriterGoesOn) {
  std::atomic<bool> ends{false};
  std::thread writer([this, &ends] {
    for (uint64_t transaction = 0; transaction < 3000; ++transaction) Publish(transaction % 90);
    ends = true;
  });
  size_t looks = 0;
  while (!ends || looks == 0) {
    const std::vector<PublishedMinute> recent = Recent();
    ++looks;
    for (size_t i = 0; i < recent.size(); ++i) {
      if (!IsWhole(recent[i])) ADD_FAILURE() << "a torn minute at look " << looks;
      if (i > 0 && recent[i].start.seconds() != recent[i - 1].start.seconds() + 60) ADD_FAILURE() << "look " << looks;
      if (testing::Test::HasFailure()) ends = true;
    }
  }
  writer.join();
}

}  // namespace
}  // namespace headcount::test
