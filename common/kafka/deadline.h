// One timeout that several questions share. For the .cc files of this folder; runs in workers and writer.
#pragma once

#include <algorithm>
#include <chrono>

namespace headcount::kafka {

class Deadline {
 public:
  explicit Deadline(int timeout_ms) : end_(Clock::now() + std::chrono::milliseconds(timeout_ms)) {}

  bool passed() const { return Clock::now() >= end_; }
  int remaining_ms() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
    return static_cast<int>(std::max<int64_t>(left, 0));
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point end_;
};

}  // namespace headcount::kafka
