#include "tests/support/live_feed.h"

#include <chrono>
#include <optional>
#include <utility>

#include "tests/support/frame_sinks.h"

namespace headcount::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBeat{5};

}  // namespace

LiveFeed::LiveFeed(const TestBroker& broker, const std::string& topic, const GeneratorOptions& options,
                   uint64_t frames_per_s)
    : logs_(static_cast<size_t>(options.partitions)), thread_([=, &broker] {
        try {
          Run(broker, topic, options, frames_per_s);
        } catch (...) {
          failure_ = std::current_exception();
        }
      }) {}

LiveFeed::~LiveFeed() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void LiveFeed::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void LiveFeed::Run(const TestBroker& broker, const std::string& topic, const GeneratorOptions& options,
                   uint64_t frames_per_s) {
  const std::unique_ptr<FrameSink> sink = MakeKafkaSink(broker, {topic});
  FrameGenerator generator(options);
  const Clock::time_point start = Clock::now();
  for (uint64_t sent = 0; !stopping_; std::this_thread::sleep_for(kBeat)) {
    const std::chrono::duration<double> passed = Clock::now() - start;
    for (const auto due = static_cast<uint64_t>(passed.count() * static_cast<double>(frames_per_s)); sent < due;
         ++sent) {
      const GeneratedRecord record = generator.Next();
      sink->Put(record);
      OracleLog& log = logs_[static_cast<size_t>(record.partition)];
      log.push_back(record.has_value ? std::optional<std::string>(record.value) : std::nullopt);
    }
    sink->Flush();
  }
  sink->Finish();
}

}  // namespace headcount::test
