#include "tests/support/asleep.h"

#include <gtest/gtest.h>

namespace headcount::test {
namespace {

// Ends five seconds after the boundary of a window: every clock then lets the windows up to that boundary close.
constexpr int64_t kStart = 1468244405;
constexpr int64_t kPieceS = 40;

}  // namespace

Asleep::Asleep(const TestBroker& broker, const std::string& stop_point)
    : job_(broker, 2, {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"}),
      stop_point_(stop_point),
      arrivals_(91, 2, kStart, 30) {}

void Asleep::FallAsleep() {
  job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
  const std::filesystem::path stopped = job_.File("stopped");
  Environment environment;
  if (!stop_point_.empty()) {
    environment = {{"HEADCOUNT_STOP_POINT", stop_point_}, {"HEADCOUNT_STOP_ONCE", stopped.string()}};
  }
  job_.Start({}, environment);
  if (stop_point_.empty()) {
    EXPECT_TRUE(HasClosed(kStart + kPieceS - 5));
  } else {
    EXPECT_TRUE(Eventually([&] { return HasStoppedItself(stopped, DescendantsOf(job_.process().pid())); }))
        << "nobody passed " << stop_point_;
  }
  for (const int32_t slot : {0, 1}) EXPECT_GT(job_.WorkerPid(slot), 0);
  EXPECT_GT(job_.WriterPid(), 0);
  pids_ = Pids();
  const pid_t coordinator = job_.process().pid();
  coordinator_ = std::make_unique<Frozen>(std::vector<pid_t>{coordinator});
  children_ = std::make_unique<Frozen>(ChildrenOf(coordinator));
}

void Asleep::WakeTheFirst(Wakes order) {
  job_.ProduceAll(arrivals_.NextAndMark(kPieceS));
  (order == Wakes::kCoordinatorFirst ? coordinator_ : children_)->Wake();
}

void Asleep::WakeTheOthers() {
  coordinator_->Wake();
  children_->Wake();
}

void Asleep::Finish() {
  EXPECT_TRUE(HasClosed(kStart + 2 * kPieceS - 5)) << "woken in the middle of " << stop_point_;
  EXPECT_EQ(Pids(), pids_);
  const std::optional<JobStatus> status = job_.Status();
  EXPECT_EQ(status->Number("writer.restarts"), 0);
  for (const int32_t slot : {0, 1}) EXPECT_EQ(status->Worker(slot, "restarts"), 0);
  EXPECT_EQ(Describe(job_.Drain().value_or(ExitStatus{})), "exit 0");
  job_.RunUntilEnd();
}

std::vector<int64_t> Asleep::Pids() const {
  const std::optional<JobStatus> status = job_.Status();
  return {status->Number("coordinator.pid"), status->Number("writer.pid"), status->Worker(0, "pid"),
          status->Worker(1, "pid")};
}

bool Asleep::HasClosed(int64_t frontier_s) const { return job_.HasClosed(frontier_s); }

}  // namespace headcount::test
