#include "coordinator/commands/output_topic.h"

#include <algorithm>
#include <utility>

#include "common/base/wakeup.h"
#include "common/kafka/client_config.h"
#include "common/kafka/cluster.h"
#include "common/records/count_record.h"

namespace headcount {
namespace {

using kafka::OffsetQuestion;
using kafka::PartitionConsumer;

constexpr int kAskTimeoutMs = 10'000;
constexpr size_t kTakeRecords = 1'000;
constexpr uint64_t kFetchBudgetBytes = uint64_t{4} << 20;
// At worst each record has a transaction of its own, which adds one control record. A compacted topic has gaps, so
// fewer records may come than the caller asked for.
constexpr int64_t kOffsetsOfRecord = 2;

struct Range {
  Offset first;
  Offset end;
};

Result<std::vector<Range>> AskRanges(const kafka::ClientConfig& config, const std::string& topic) {
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
  std::vector<Range> ranges;
  for (size_t p = 0; p < firsts->size(); ++p) ranges.push_back({(*firsts)[p], (*ends)[p]});
  return ranges;
}

Offset StartOf(const Range& range, std::optional<size_t> last) {
  if (!last) return range.first;
  const int64_t back = range.end.value() - kOffsetsOfRecord * static_cast<int64_t>(*last);
  return std::max(range.first, Offset(std::max<int64_t>(0, back)));
}

}  // namespace

std::string OutputRecord::WhyForeign(const std::string& topic) const {
  const std::string why = value ? headcount::WhyForeign(key.value_or(""), *value) : "it has no value";
  if (why.empty()) return "";
  return topic + "/" + std::to_string(partition.value()) + "/" + std::to_string(offset.value()) +
         ": not written by headcount: " + why;
}

Result<OutputTopic> OutputTopic::Open(const RunOptions& kafka, std::optional<size_t> last) {
  const auto config = kafka::ClientConfig::From(kafka);
  if (Result<void> valid = kafka::ValidateProperties(config.properties); !valid) return valid.error();
  const Result<std::vector<Range>> ranges = AskRanges(config, kafka.output_topic);
  if (!ranges.ok()) return ranges.error();
  auto consumer =
      PartitionConsumer::Create(config, kafka.output_topic, kafka::FetchLimits::For(kFetchBudgetBytes, ranges->size()));
  if (!consumer.ok()) return consumer.error();
  OutputTopic topic(kafka.output_topic, std::move(consumer.value()));
  std::vector<PartitionConsumer::Start> starts;
  for (size_t p = 0; p < ranges.value().size(); ++p) {
    const PartitionId id(static_cast<int32_t>(p));
    const Offset start = StartOf(ranges.value()[p], last);
    topic.partitions_.push_back({id, start});
    starts.push_back({id, start});
  }
  if (Result<void> added = topic.consumer_->Add(starts); !added) return added.error();
  return topic;
}

Result<bool> OutputTopic::Take(const std::function<void(const OutputRecord&)>& take) {
  consumer_->ClearReady();
  bool any = false;
  for (Partition& partition : partitions_) {
    const PartitionConsumer::Taken taken = consumer_->Take(partition.id, kTakeRecords, partition.next);
    for (const SourceFrame& frame : *taken.records) {
      any = true;
      partition.next = Offset(frame.offset.value() + 1);
      OutputRecord record{partition.id, frame.offset, consumer_->KeyOf(partition.id, frame.offset), std::nullopt};
      if (frame.has_value) record.value = frame.bytes;
      take(record);
    }
    if (!taken.event) continue;
    if (taken.event->kind != kafka::QueueEvent::Kind::kEnd) {
      return Error{ExitCode::kHumanNeeded, "cannot read partition " + std::to_string(partition.id.value()) +
                                               " of topic " + topic_ + ": " + taken.event->reason};
    }
    any = any || !partition.ended;
    partition.ended = true;
  }
  return any;
}

void OutputTopic::Wait(int timeout_ms) const { WaitReadable({consumer_->ready_fd()}, timeout_ms); }

bool OutputTopic::HasEnded() const {
  return std::all_of(partitions_.begin(), partitions_.end(), [](const Partition& p) { return p.ended; });
}

}  // namespace headcount
