#include "coordinator/tail_command.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "common/count_record.h"
#include "common/kafka/client_config.h"
#include "common/kafka/cluster.h"
#include "common/kafka/partition_consumer.h"
#include "common/wakeup.h"
#include "coordinator/minute_table.h"

namespace headcount {
namespace {

using kafka::OffsetQuestion;
using kafka::PartitionConsumer;

constexpr int kAskTimeoutMs = 10'000;
constexpr int kWaitMs = 1'000;
constexpr size_t kTakeRecords = 1'000;
constexpr uint64_t kFetchBudgetBytes = uint64_t{4} << 20;
// A record has a transaction of its own at worst, and that a control record; a compacted topic has gaps, so that fewer
// may come than were asked for.
constexpr int64_t kOffsetsOfRecord = 2;

// A record, and what it says.
struct Line {
  CountRecord record;
  std::string value;
};

class Tail {
 public:
  explicit Tail(const TailOptions& options) : options_(options) {}

  Result<void> Run() {
    if (Result<void> begun = Begin(); !begun) return begun;
    for (;;) {
      consumer_->ClearReady();
      const Result<bool> taken = TakeAll();
      if (!taken) return taken.error();
      if (AllEnded() && !ShowWaiting()) return Error{ExitCode::kTryAgain, "writing to stdout failed"};
      if (AllEnded() && options_.until_end) return {};
      if (!*taken) WaitReadable({consumer_->ready_fd()}, kWaitMs);
    }
  }

 private:
  struct Partition {
    PartitionId id;
    Offset next;
    bool ended = false;  // its end has been met once
  };

  Result<void> Begin() {
    const std::string& topic = options_.kafka.output_topic;
    const auto config = kafka::ClientConfig::From(options_.kafka);
    if (Result<void> valid = kafka::ValidateProperties(config.properties); !valid) return valid;
    const Result<kafka::Handle> asker =
        kafka::NewAskingConsumer(config, kafka::Isolation::kReadCommitted, kafka::GroupUse::kNone);
    if (!asker.ok()) return asker.error();
    const Result<int32_t> count = kafka::PartitionCount(asker->get(), topic, kAskTimeoutMs);
    if (!count) return count.error();
    const auto ask = [&](OffsetQuestion::Kind kind) {
      return kafka::ListOffsets(asker->get(), topic, *count, {kind, {}}, kAskTimeoutMs);
    };
    const Result<std::vector<Offset>> firsts = ask(OffsetQuestion::Kind::kEarliest);
    if (!firsts.ok()) return firsts.error();
    const Result<std::vector<Offset>> ends = ask(OffsetQuestion::Kind::kLatest);
    if (!ends.ok()) return ends.error();

    auto consumer = PartitionConsumer::Create(config, topic,
                                              kafka::FetchLimits::For(kFetchBudgetBytes, static_cast<size_t>(*count)));
    if (!consumer.ok()) return consumer.error();
    consumer_ = std::move(consumer.value());
    std::vector<PartitionConsumer::Start> starts;
    for (size_t p = 0; p < firsts->size(); ++p) {
      const int64_t back = (*ends)[p].value() - kOffsetsOfRecord * static_cast<int64_t>(options_.last);
      const Offset from = std::max((*firsts)[p], Offset(std::max<int64_t>(0, back)));
      const PartitionId id(static_cast<int32_t>(p));
      partitions_.push_back({id, from});
      starts.push_back({id, from});
    }
    return consumer_->Add(starts);
  }

  // Answers whether anything was there.
  Result<bool> TakeAll() {
    bool any = false;
    for (Partition& partition : partitions_) {
      const PartitionConsumer::Taken taken = consumer_->Take(partition.id, kTakeRecords, partition.next);
      for (const SourceFrame& frame : *taken.records) {
        any = true;
        partition.next = Offset(frame.offset.value() + 1);
        Keep(frame);
      }
      if (!taken.event) continue;
      if (taken.event->kind != kafka::QueueEvent::Kind::kEnd) {
        return Error{ExitCode::kHumanNeeded, "cannot read partition " + std::to_string(partition.id.value()) +
                                                 " of topic " + options_.kafka.output_topic + ": " +
                                                 taken.event->reason};
      }
      any = any || !partition.ended;
      partition.ended = true;
    }
    return any;
  }

  // What others have written to the topic is passed over.
  void Keep(const SourceFrame& frame) {
    if (const std::optional<CountRecord> record = ParseCountRecord(frame.bytes)) {
      waiting_.push_back({*record, std::string(frame.bytes)});
    }
  }

  bool AllEnded() const {
    return std::all_of(partitions_.begin(), partitions_.end(), [](const Partition& p) { return p.ended; });
  }

  // In the order of the minutes: they lie in different partitions. Answers whether stdout took them.
  bool ShowWaiting() {
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const Line& a, const Line& b) { return a.record.start < b.record.start; });
    if (!shown_history_ && waiting_.size() > options_.last) {
      waiting_.erase(waiting_.begin(), waiting_.end() - static_cast<std::ptrdiff_t>(options_.last));
    }
    for (const Line& line : waiting_) most_ = std::max(most_, line.record.unique_users);
    for (const Line& line : waiting_) Print(line);
    shown_history_ = true;
    waiting_.clear();
    return fflush(stdout) == 0;
  }

  void Print(const Line& line) {
    if (options_.json) {
      printf("%s\n", line.value.c_str());
      return;
    }
    if (!has_head_) printf("%s", MinuteTableHead(line.record.window_s).c_str());
    has_head_ = true;
    const PublishedMinute minute{line.record.start, line.record.unique_users, line.record.counts, 0};
    printf("%s", MinuteTableRow(minute, most_).c_str());
  }

  const TailOptions& options_;
  std::unique_ptr<PartitionConsumer> consumer_;
  std::vector<Partition> partitions_;
  std::vector<Line> waiting_;
  uint64_t most_ = 0;  // users, of all minutes shown
  bool shown_history_ = false;
  bool has_head_ = false;
};

}  // namespace

int RunTail(const TailOptions& options) {
  const Result<void> ended = Tail(options).Run();
  if (ended.ok()) return 0;
  fprintf(stderr, "headcount: %s\n", ended.error().message.c_str());
  return static_cast<int>(ended.error().exit_code);
}

}  // namespace headcount
