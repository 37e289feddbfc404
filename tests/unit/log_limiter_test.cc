// What repeats does not fill the log, and nothing that was left out goes uncounted.
#include "common/log/log_limiter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/random.h"

namespace headcount {
namespace {

constexpr LogAction kOne = LogAction::kClientWarning;
constexpr LogAction kOther = LogAction::kClientError;

uint64_t Sum(const std::vector<LogLimiter::Suppressed>& left_out) {
  uint64_t sum = 0;
  for (const auto& kind : left_out) sum += kind.lines;
  return sum;
}

TEST(LogLimiter, ShowsTenLinesAMinuteOfOneKindAndCountsTheOthers) {
  LogLimiter limiter;
  for (int n = 0; n < 10; ++n) EXPECT_TRUE(limiter.Admit(kOne, "FAIL", n));
  for (int n = 0; n < 7; ++n) EXPECT_FALSE(limiter.Admit(kOne, "FAIL", 59'999));
  EXPECT_TRUE(limiter.TakeDue(59'999).empty());
  const std::vector<LogLimiter::Suppressed> due = limiter.TakeDue(60'000);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].action, kOne);
  EXPECT_EQ(due[0].reason, "FAIL");
  EXPECT_EQ(due[0].lines, 7U);
  EXPECT_TRUE(limiter.TakeDue(120'000).empty()) << "said once";
  EXPECT_TRUE(limiter.Admit(kOne, "FAIL", 60'000)) << "a new minute";
}

TEST(LogLimiter, HasNothingToAddToTenLines) {
  LogLimiter limiter;
  for (int n = 0; n < 10; ++n) limiter.Admit(kOne, "FAIL", 0);
  EXPECT_TRUE(limiter.TakeDue(60'000).empty());
  EXPECT_TRUE(limiter.TakeDue(INT64_MAX).empty());
}

TEST(LogLimiter, LimitsEveryActionAndReasonByItself) {
  LogLimiter limiter;
  for (int n = 0; n < 11; ++n) limiter.Admit(kOne, "FAIL", 0);
  EXPECT_TRUE(limiter.Admit(kOne, "ERROR", 0));
  EXPECT_TRUE(limiter.Admit(kOther, "FAIL", 0));
  EXPECT_FALSE(limiter.Admit(kOne, "FAIL", 0));
}

TEST(LogLimiter, TellsAtTheEndWhatWasLeftOutOfAMinuteThatIsNotOver) {
  LogLimiter limiter;
  for (int n = 0; n < 15; ++n) limiter.Admit(kOne, "FAIL", 0);
  EXPECT_EQ(Sum(limiter.TakeDue(INT64_MAX)), 5U);
  EXPECT_TRUE(limiter.TakeDue(INT64_MAX).empty());
}

TEST(LogLimiter, SaysWhenThereMayBeSomethingToTell) {
  LogLimiter limiter;
  EXPECT_EQ(limiter.next_due_ms(), INT64_MAX);
  limiter.Admit(kOne, "late", 500);
  limiter.Admit(kOne, "later", 900);
  EXPECT_EQ(limiter.next_due_ms(), 60'500);
  limiter.TakeDue(60'500);
  EXPECT_EQ(limiter.next_due_ms(), 60'900);
  limiter.TakeDue(60'900);
  EXPECT_EQ(limiter.next_due_ms(), INT64_MAX);
}

TEST(LogLimiter, CountsWhateverItDoesNotShowHoweverManyReasonsThereAre) {
  const uint64_t seed = 20260131;
  SCOPED_TRACE("seed " + std::to_string(seed));
  test::Random random(seed);
  LogLimiter limiter;
  uint64_t hidden = 0;
  uint64_t told = 0;
  uint64_t shown_in_an_hour = 0;
  const int64_t lines = 200'000;
  for (int64_t n = 0; n < lines; ++n) {
    const int64_t now_ms = n * 3'600'000 / lines;
    told += Sum(limiter.TakeDue(now_ms));
    const bool shown = limiter.Admit(kOne, "reason " + std::to_string(random.Below(100'000)), now_ms);
    ++(shown ? shown_in_an_hour : hidden);
  }
  told += Sum(limiter.TakeDue(INT64_MAX));
  EXPECT_GT(hidden, 0U);
  EXPECT_EQ(told, hidden);
  // Each reason is seen once in a while, so it is the number of kinds that bounds the lines.
  EXPECT_LE(shown_in_an_hour, 61U * (limits::kMaxLogKinds + 1) * limits::kLogLinesAMinute);
  EXPECT_LT(shown_in_an_hour, hidden);
}

// What ends a process or the whole is said once, and who looks for it must find it.
TEST(LogLimiter, IsNotAskedAboutObituariesAndWhatEndsTheProgram) {
  for (const LogAction action :
       {LogAction::kWorkerDied, LogAction::kWorkerEnded, LogAction::kWriterDied, LogAction::kWriterEnded,
        LogAction::kJobFailed, LogAction::kWorkerFailed, LogAction::kWriterFailed, LogAction::kInvariantBroken,
        LogAction::kExceptionCaught, LogAction::kInputLost}) {
    EXPECT_EQ(SpecOf(action).repeats, Repeats::kAll) << SpecOf(action).name;
  }
}

}  // namespace
}  // namespace headcount
