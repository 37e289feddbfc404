#include "tests/support/live_feed.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace headcount::test {
namespace {

constexpr std::chrono::milliseconds kBeat{5};
constexpr double kStandsStill = 0.01;  // some partition, at a beat: about once a second
constexpr std::chrono::milliseconds kShortestStill{200};
constexpr std::chrono::milliseconds kLongestStill{2000};

}  // namespace

LiveFeed::LiveFeed(const TestBroker& broker, const std::string& topic, const GeneratorOptions& options,
                   uint64_t frames_per_s)
    : logs_(static_cast<size_t>(options.partitions)),
      sent_(logs_.size()),
      still_until_(logs_.size()),
      thread_([=, &broker] {
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
  Random random(options.seed + 1);
  const Clock::time_point start = Clock::now();
  uint64_t made = 0;
  for (; !stopping_; std::this_thread::sleep_for(kBeat)) {
    const std::chrono::duration<double> passed = Clock::now() - start;
    for (const auto due = static_cast<uint64_t>(passed.count() * static_cast<double>(frames_per_s)); made < due;
         ++made) {
      const GeneratedRecord record = generator.Next();
      OracleLog& log = logs_[static_cast<size_t>(record.partition)];
      log.push_back(record.has_value ? std::optional<std::string>(record.value) : std::nullopt);
    }
    StandStillNowAndThen(&random);
    Send(sink.get(), false);
  }
  Send(sink.get(), true);
  sink->Finish();
}

void LiveFeed::StandStillNowAndThen(Random* random) {
  if (!random->Chance(kStandsStill)) return;
  still_until_[random->Below(still_until_.size())] =
      Clock::now() + std::chrono::milliseconds(random->Between(kShortestStill.count(), kLongestStill.count()));
}

void LiveFeed::Send(FrameSink* sink, bool all) {
  const Clock::time_point now = Clock::now();
  for (size_t p = 0; p < logs_.size(); ++p) {
    if (!all && now < still_until_[p]) continue;
    for (; sent_[p] < logs_[p].size(); ++sent_[p]) {
      const std::optional<std::string>& value = logs_[p][sent_[p]];
      sink->Put({static_cast<int32_t>(p), value.has_value(), false, value ? std::string_view(*value) : ""});
    }
  }
  sink->Flush();
}

}  // namespace headcount::test
