// The writer's outlet without its job: a test hands it the minutes, and looks at what became of them. Runs in tests
// that link the coordinator's library.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/judge/commit_metadata.h"
#include "coordinator/writer/kafka_sink.h"
#include "tests/support/child_process.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {

inline constexpr int64_t kHandFedStart = 1468244400;
inline constexpr int32_t kHandFedPartitions = 2;

// A writer's outlet that is fed by hand: its n-th transaction holds the n-th minute and the offsets n*10 and n*10+1.
class HandFedSink {
 public:
  HandFedSink(const std::string& broker, const std::string& group, const std::string& input, const std::string& output,
              uint64_t run, int transaction_timeout_ms = kafka::TransactionalProducer::kTransactionTimeoutMs)
      : options_(OptionsOf(broker, group, input, output)),
        sink_(
            &options_, [this](bool /*inside*/) { clock_.monotonic_ms += call_ms_; }, [this] { return gives_up_; },
            transaction_timeout_ms) {
    header_.run = RunId(run);
    header_.window_s = 60;
  }

  ~HandFedSink() { UseTestClock(nullptr); }
  HandFedSink(const HandFedSink&) = delete;
  HandFedSink& operator=(const HandFedSink&) = delete;

  Result<StartState> TakeOver() {
    const Result<int32_t> count = sink_.CountPartitions();
    if (!count) return count.error();
    return sink_.TakeOver(*count, &header_);
  }
  Result<void> Commit(int64_t minute) {
    CountRecord record;
    record.start = WindowStart(kHandFedStart + 60 * minute);
    record.window_s = 60;
    record.unique_users = 1;
    header_.sequence = Sequence(header_.sequence.value() + 1);
    header_.closed_frontier = WindowStart(kHandFedStart + 60 * (minute + 1));
    std::vector<PartitionSafePoint> points;
    for (int32_t p = 0; p < kHandFedPartitions; ++p) {
      points.push_back({PartitionId(p), {}});
      points.back().safe.state.offset = Offset(minute * 10 + p);
    }
    return sink_.Commit({record}, points, header_);
  }
  // As when a person asks the job to end.
  void GiveUp() { gives_up_ = true; }
  // From now on every call to the broker seems to take so long.
  void TakeForEachCall(int64_t ms) {
    call_ms_ = ms;
    UseTestClock(&clock_);
  }

 private:
  static RunOptions OptionsOf(const std::string& broker, const std::string& group, const std::string& input,
                              const std::string& output) {
    RunOptions options;
    options.bootstrap_server = broker;
    options.group = group;
    options.input_topic = input;
    options.output_topic = output;
    return options;
  }

  const RunOptions options_;
  CommitHeader header_;
  bool gives_up_ = false;
  TestClock clock_;
  int64_t call_ms_ = 0;
  KafkaSink sink_;
};

inline std::vector<std::string> KeysIn(const TestBroker& broker, const std::string& topic) {
  std::vector<std::string> keys;
  for (const auto& record : broker.ReadAll(topic)) keys.push_back(record.key.value_or(""));
  std::sort(keys.begin(), keys.end());
  return keys;
}

inline std::vector<std::optional<int64_t>> OffsetsOf(const TestBroker& broker, const std::string& group,
                                                     const std::string& input) {
  std::vector<std::optional<int64_t>> offsets;
  for (const CommittedOffset& committed : broker.Committed(group, input)) offsets.push_back(committed.offset);
  return offsets;
}

// The minutes 0 to count-1 are there once each, and the offsets are those of the last. A commit is answered before its
// markers are written, and a broker that has just been woken answers from what it knew before; so it is waited for.
inline void ExpectHandFedMinutes(const TestBroker& broker, const std::string& group, const std::string& input,
                                 const std::string& output, int64_t count) {
  std::vector<std::string> minutes;
  for (int64_t n = 0; n < count; ++n) minutes.push_back(std::to_string(kHandFedStart + 60 * n));
  std::vector<std::optional<int64_t>> offsets;
  for (int32_t p = 0; p < kHandFedPartitions; ++p) offsets.emplace_back((count - 1) * 10 + p);
  Eventually([&] { return KeysIn(broker, output).size() >= minutes.size(); });
  EXPECT_EQ(KeysIn(broker, output), minutes);
  Eventually([&] { return OffsetsOf(broker, group, input) == offsets; });
  EXPECT_EQ(OffsetsOf(broker, group, input), offsets);
}

}  // namespace headcount::test
