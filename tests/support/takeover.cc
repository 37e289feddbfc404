#include "tests/support/takeover.h"

#include <gtest/gtest.h>

#include <sstream>

namespace headcount::test {
namespace {

// Ends five seconds after the boundary of a window: every clock then lets the windows up to that boundary close.
constexpr int64_t kStart = 1468244405;
constexpr int64_t kPieceS = 40;

}  // namespace

Takeover::Takeover(const TestBroker& broker, Peer::Under under, const std::string& stop_point)
    : job_(broker, 2, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"}),
      under_(under),
      stop_point_(stop_point),
      arrivals_(71, 2, kStart, 30) {}

void Takeover::FreezeTheFirst() {
  job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
  const std::filesystem::path stopped = job_.File("stopped");
  Environment environment;
  if (!stop_point_.empty()) {
    environment = {{"HEADCOUNT_STOP_POINT", stop_point_}, {"HEADCOUNT_STOP_ONCE", stopped.string()}};
  }
  first_ = std::make_unique<Peer>(job_, 0, under_, environment);
  if (stop_point_.empty()) {
    EXPECT_TRUE(first_->HasClosed(kStart + kPieceS - 5));
  } else {
    EXPECT_TRUE(Eventually([&] { return HasStoppedItself(stopped, first_->Family()); }))
        << "nobody passed " << stop_point_;
  }
  frozen_ = std::make_unique<Frozen>(first_->Family());
}

void Takeover::LetASecondTakeOver() {
  second_ = std::make_unique<Peer>(job_, 1);
  job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
  EXPECT_TRUE(second_->HasClosed(kStart + 2 * kPieceS - 5));
}

void Takeover::WakeTheFirst() {
  const std::string before = WhatKafkaHolds();
  frozen_->Wake();
  EXPECT_EQ(Describe(first_->process().Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_TRUE(first_->Says("another headcount took over group " + job_.group() + " (run " + second_->Run() + ")"));
  EXPECT_EQ(WhatKafkaHolds(), before);
  EXPECT_TRUE(second_->process().IsRunning());
  EXPECT_EQ(second_->Status()->Number("writer.restarts"), 0);
}

void Takeover::Finish() {
  job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
  EXPECT_TRUE(second_->HasClosed(kStart + 3 * kPieceS - 5));
  EXPECT_EQ(Describe(second_->Drain().value_or(ExitStatus{})), "exit 0");
  job_.RunUntilEnd();
}

std::string Takeover::WhatKafkaHolds() const {
  std::ostringstream all;
  // Uncommitted records, too: what was thrown out must not even try.
  for (const KafkaRecord& record : job_.broker().ReadAll(job_.output(), Isolation::kReadUncommitted)) {
    all << record.partition << ' ' << record.offset << ' ' << record.key.value_or("") << ' '
        << record.value.value_or("") << '\n';
  }
  for (const CommittedOffset& committed : job_.Committed()) {
    all << committed.partition << ' ' << committed.offset.value_or(-1) << ' ' << committed.metadata << '\n';
  }
  return all.str();
}

}  // namespace headcount::test
