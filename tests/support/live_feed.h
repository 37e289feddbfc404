// Frames that arrive in a topic at a steady rate, beside the test, and are remembered for the oracle. Now and then a
// partition stands still for a while and then catches up, as producers do: workers are not in step then, and what one
// has sealed waits for the other. Runs in tests.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/frame_sinks.h"
#include "tests/support/generator.h"
#include "tests/support/kafka_testing.h"
#include "tests/support/oracle.h"
#include "tests/support/random.h"

namespace headcount::test {

class LiveFeed {
 public:
  // Begins at once. `options.frames` and `options.minutes` say how fast event time goes: it does not end with them.
  LiveFeed(const TestBroker& broker, const std::string& topic, const GeneratorOptions& options, uint64_t frames_per_s);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // Returns when all that was sent has arrived; throws what went wrong.
  void Stop();
  // What was sent, by partition. After Stop().
  const std::vector<OracleLog>& logs() const { return logs_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Run(const TestBroker& broker, const std::string& topic, const GeneratorOptions& options, uint64_t frames_per_s);
  void StandStillNowAndThen(Random* random);
  void Send(FrameSink* sink, bool all);

  std::vector<OracleLog> logs_;  // the thread only, until it has ended
  std::vector<size_t> sent_;     // of each log
  std::vector<Clock::time_point> still_until_;
  std::exception_ptr failure_;  // likewise
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace headcount::test
