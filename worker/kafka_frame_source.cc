#include "worker/kafka_frame_source.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/job/reset_advice.h"
#include "common/kafka/cluster.h"
#include "common/log/log.h"

namespace headcount {
namespace {

using kafka::OffsetQuestion;
using kafka::QueueEvent;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The time for one question on the way to an error.
constexpr int kLookTimeoutMs = 2'000;
constexpr milliseconds kLookInterval{1'000};
// A broker that has just started may report for a moment that a topic does not exist.
constexpr seconds kUnknownFor{5};
// If bytes at one offset cannot be read for this long, the source takes them for unreadable.
constexpr seconds kUnreadableFor{30};
// With 10 ms a queue from which the fetcher backed off stands still for about that time. Only a few partitions may ask
// that often (kWakesAnInterval). A request wakes the fetcher for all partitions of that leader, and requests of a
// thousand partitions would bury it. The other partitions most likely wait for the broker, and questions would only
// delay its answer.
constexpr milliseconds kWakeFetcherInterval{10};
constexpr milliseconds kRareWakeFetcherInterval{200};
// How old the end of a partition may be while the worker takes nothing from it.
constexpr milliseconds kEndsInterval{50};
constexpr size_t kWakesAnInterval = 4;

// Begins with the record before the first wanted one. If no new record comes, only that one identifies the topic.
std::vector<kafka::PartitionConsumer::Start> StartsOf(const std::vector<StartPosition>& positions) {
  std::vector<kafka::PartitionConsumer::Start> starts;
  starts.reserve(positions.size());
  for (const StartPosition& start : positions) {
    starts.push_back({start.partition, Offset(std::max<int64_t>(0, start.offset.value() - 1))});
  }
  return starts;
}

}  // namespace

KafkaFrameSource::KafkaFrameSource(KafkaSourceOptions options) : options_(std::move(options)) {}

KafkaFrameSource::~KafkaFrameSource() = default;

Result<void> KafkaFrameSource::Prepare(size_t partitions) {
  HC_CHECK(consumer_ == nullptr, "a source is made ready once");
  const auto limits = kafka::FetchLimits::For(options_.fetch_budget_bytes, partitions);
  auto consumer = kafka::PartitionConsumer::Create(options_.config, options_.topic, limits);
  if (!consumer.ok()) return consumer.error();
  consumer_ = std::move(consumer.value());
  return {};
}

Result<void> KafkaFrameSource::Start(const std::vector<StartPosition>& partitions) {
  HC_CHECK(partitions_.empty(), "a source is started once");
  if (consumer_ == nullptr) {
    if (Result<void> prepared = Prepare(partitions.size()); !prepared.ok()) return prepared;
  }
  return Add(partitions);
}

Result<void> KafkaFrameSource::Add(const std::vector<StartPosition>& partitions) {
  for (const StartPosition& start : partitions) {
    HC_CHECK(partitions_.count(start.partition) == 0, Describe(start.partition) + " is read already");
    Partition& partition = partitions_[start.partition];
    partition.position = partition.start = start.offset;
  }
  return consumer_->Add(StartsOf(partitions));
}

Result<FrameBatch> KafkaFrameSource::Fetch(PartitionId p, size_t max) {
  Partition& partition = At(p);
  if (partition.trouble_pending) {
    if (Result<void> settled = Settle(p, &partition); !settled.ok()) return settled.error();
    if (partition.trouble_pending) return FrameBatch{};
  }
  const kafka::PartitionConsumer::Taken taken = consumer_->Take(p, max, partition.position);
  if (!taken.records->empty()) {
    partition.position = Offset(taken.records->back().offset.value() + 1);
    partition.trouble.reset();
  }
  KeepMark(p, &partition);
  if (taken.event) Note(*taken.event, &partition);
  partition.fetched_end = consumer_->CachedHighWatermark(p);
  return FrameBatch{taken.records->data(), taken.records->size()};
}

// Hashing one record costs about as much as reading it, and the writer must see one mark before the next replaces it.
void KafkaFrameSource::KeepMark(PartitionId p, Partition* partition) const {
  const Clock::time_point now = Clock::now();
  if (partition->mark && now - partition->marked < milliseconds(limits::kMarkEveryMs)) return;
  const std::optional<RecordMark> mark = consumer_->MarkOfLast(p);
  if (!mark) return;
  partition->mark = mark;
  partition->marked = now;
}

void KafkaFrameSource::Note(const QueueEvent& event, Partition* partition) const {
  // The end lies before the start: the fetcher asked for the record before the start only, and it is not there.
  if (event.kind == QueueEvent::Kind::kEnd && event.offset < partition->start) {
    return Note({QueueEvent::Kind::kOffsetGone, event.offset, "the end lies before the start"}, partition);
  }
  if (event.kind == QueueEvent::Kind::kEnd) {
    partition->position = std::max(partition->position, event.offset);
    partition->end = partition->position;
    partition->trouble.reset();
    return;
  }
  const Clock::time_point now = Clock::now();
  partition->trouble_pending = true;
  if (!partition->trouble || partition->trouble->at != partition->position) {
    partition->trouble = Trouble{event, partition->position, now, now};
    return;
  }
  // After unreadable bytes librdkafka reports various events. The first reason is the one to report.
  if (partition->trouble->event.kind != QueueEvent::Kind::kUnreadable) partition->trouble->event = event;
  partition->trouble->next_look = now + kLookInterval;
}

Result<void> KafkaFrameSource::Settle(PartitionId p, Partition* partition) {
  if (Clock::now() < partition->trouble->next_look) return {};
  partition->trouble->next_look = Clock::now() + kLookInterval;
  switch (partition->trouble->event.kind) {
    case QueueEvent::Kind::kOffsetGone: return SettleOffsetGone(p, partition);
    case QueueEvent::Kind::kUnknownPartition: return SettleUnknownPartition(p, partition);
    case QueueEvent::Kind::kUnreadable: return SettleUnreadable(p, partition);
    case QueueEvent::Kind::kForbidden:
    case QueueEvent::Kind::kEnd: break;
  }
  return Error{ExitCode::kHumanNeeded, "cannot read " + Describe(p) + ": " + partition->trouble->event.reason};
}

Result<void> KafkaFrameSource::SettleOffsetGone(PartitionId p, Partition* partition) {
  // Not the offset that librdkafka names: after unreadable bytes that may be any offset.
  const Offset wanted = partition->position;
  const Result<Offset> earliest =
      kafka::ListOffset(consumer_->handle(), options_.topic, p, {OffsetQuestion::Kind::kEarliest, {}}, kLookTimeoutMs);
  if (!earliest.ok()) return {};
  if (*earliest > wanted) return LostInput(p, partition, wanted, *earliest);
  // Retention removed at most the record before it, which need not be there.
  if (*earliest == wanted) return ReadAgainFrom(p, partition, wanted);
  const Result<Offset> end = AskHighWatermark(p, kLookTimeoutMs);
  if (!end.ok()) return {};
  if (*end < wanted) {
    if (Clock::now() - partition->trouble->since < PatienceWith(*partition, milliseconds(0))) return {};
    return Error{ExitCode::kHumanNeeded, Describe(p) + " ends at offset " + std::to_string(end->value()) +
                                             ", before offset " + std::to_string(wanted.value()) +
                                             " that is to be read next: the topic was made anew, or the broker lost "
                                             "records; to go on from its beginning, " +
                                             ResetAdvice(options_.config.group, options_.topic) +
                                             " (--on-lost-input=continue does that by itself for a topic made anew)"};
  }
  return SettleUnreadable(p, partition);  // the offset is there, after all
}

Result<void> KafkaFrameSource::LostInput(PartitionId p, Partition* partition, Offset wanted, Offset earliest) {
  const auto lost = static_cast<uint64_t>(earliest.value() - wanted.value());
  const std::string what = "retention removed offsets [" + std::to_string(wanted.value()) + ", " +
                           std::to_string(earliest.value()) + ") of " + Describe(p) + " before they were read (" +
                           std::to_string(lost) + " offsets)";
  if (options_.on_lost_input == OnLostInput::kFail) {
    return Error{ExitCode::kHumanNeeded, what + "; --on-lost-input=continue counts without them"};
  }
  Log(LogAction::kInputLost, what + "; going on after them",
      {{LogLabel::kTopic, options_.topic},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kOffset, wanted.value()},
       {LogLabel::kNextOffset, earliest.value()},
       {LogLabel::kLostRecords, lost}});
  lost_records_ += lost;
  return ReadAgainFrom(p, partition, earliest);
}

Result<void> KafkaFrameSource::SettleUnknownPartition(PartitionId p, Partition* partition) {
  const Result<int32_t> count = kafka::PartitionCount(consumer_->handle(), options_.topic, kLookTimeoutMs);
  if (count.ok() && p.value() < *count) return ReadAgainFrom(p, partition, partition->position);
  if (!count.ok() && count.error().exit_code != ExitCode::kHumanNeeded) return {};
  if (Clock::now() - partition->trouble->since < PatienceWith(*partition, kUnknownFor)) return {};
  if (!count.ok()) {
    return Error{ExitCode::kHumanNeeded, "cannot read on in " + Describe(p) + ": " + count.error().message};
  }
  return Error{ExitCode::kHumanNeeded, "cannot read on in " + Describe(p) + ": the topic has only " +
                                           std::to_string(*count) +
                                           " partitions now; it was made anew: to go on from its beginning, " +
                                           ResetAdvice(options_.config.group, options_.topic)};
}

// The writer finds out whether a topic was deleted and created again (common/kafka/README.md). With
// --on-lost-input=continue it leads the job to the beginning of the new topic, if the source gives it the time.
milliseconds KafkaFrameSource::PatienceWith(const Partition& partition, milliseconds usual) const {
  const bool waits = options_.on_lost_input == OnLostInput::kContinue && partition.mark;
  return waits ? milliseconds(limits::kRecreatedTopicPatienceMs) : usual;
}

// Reads from the same offset again. librdkafka would go on after the bytes, and so skip them.
Result<void> KafkaFrameSource::SettleUnreadable(PartitionId p, Partition* partition) {
  if (Clock::now() - partition->trouble->since < kUnreadableFor) {
    return ReadAgainFrom(p, partition, partition->position);
  }
  return Error{ExitCode::kHumanNeeded, "cannot read " + Describe(p) + " at offset " +
                                           std::to_string(partition->position.value()) + ": " +
                                           partition->trouble->event.reason};
}

Result<void> KafkaFrameSource::ReadAgainFrom(PartitionId p, Partition* partition, Offset offset) {
  // Keeps the trouble until a record or an end comes: the next event may be the same trouble again.
  partition->trouble_pending = false;
  partition->position = offset;
  partition->end.reset();
  return consumer_->Restart({p, offset});
}

Offset KafkaFrameSource::Position(PartitionId p) const { return At(p).position; }

Offset KafkaFrameSource::KnownEnd(PartitionId p) const {
  const Partition& partition = At(p);
  if (partition.end == partition.position) return partition.position;
  return partition.fetched_end ? std::max(*partition.fetched_end, partition.position) : Offset(-1);
}

// An open transaction stands at the position if three things hold. The fetcher has met the last stable offset, no
// record waits for the worker, and the log goes on.
Offset KafkaFrameSource::OpenTransactionEnd(PartitionId p) const {
  const Partition& partition = At(p);
  const bool at_stable_end = partition.end == partition.position && !partition.trouble_pending;
  if (!at_stable_end || partition.fetched_end <= partition.position || consumer_->HasQueued(p)) return Offset(-1);
  return *partition.fetched_end;
}

EndAnswer KafkaFrameSource::AskEnd(PartitionId p, int timeout_ms) {
  Partition& partition = At(p);
  consumer_->WakeFetcher(p);
  const Result<Offset> high_watermark = AskHighWatermark(p, timeout_ms);
  if (!high_watermark.ok() || partition.trouble_pending) return EndAnswer::kUnanswered;
  // The last stable offset lies between the position of a read_committed reader and the high watermark. If these two
  // are equal, it equals them, and no transaction is open.
  if (*high_watermark == partition.position) {
    partition.end = partition.position;
    return EndAnswer::kAtEnd;
  }
  if (*high_watermark > partition.position) return EndAnswer::kMore;
  Note({QueueEvent::Kind::kOffsetGone, partition.position, "the end lies before the position"}, &partition);
  return EndAnswer::kUnanswered;
}

Result<Offset> KafkaFrameSource::AskHighWatermark(PartitionId p, int timeout_ms) {
  // Not the high watermark of the last fetch: its age is unknown. And not from the reading client: with read_committed
  // the broker tells it only the last stable offset.
  if (end_asker_ == nullptr) {
    Result<kafka::Handle> asker =
        kafka::NewAskingConsumer(options_.config, kafka::Isolation::kReadUncommitted, kafka::GroupUse::kNone);
    if (!asker.ok()) return asker.error();
    end_asker_ = std::move(asker.value());
  }
  return kafka::ListOffset(end_asker_.get(), options_.topic, p, {OffsetQuestion::Kind::kLatest, {}}, timeout_ms);
}

LeaderContact KafkaFrameSource::Contact(PartitionId p) const {
  const kafka::LeaderWatch::Contact contact = consumer_->Contact(p);
  return {contact.answers, contact.losses};
}

void KafkaFrameSource::WakeFetcherIfIdle(PartitionId p) {
  Partition& partition = At(p);
  if (partition.end == partition.position) return;
  const auto turns = static_cast<int64_t>(1 + (partitions_.size() - 1) / kWakesAnInterval);
  const milliseconds interval = consumer_->MayBeBackedOff(p) ? kWakeFetcherInterval : kRareWakeFetcherInterval;
  const Clock::time_point now = Clock::now();
  if (now - partition.fetcher_woken < interval * turns) return;
  if (consumer_->WakeFetcherIfDue(p)) partition.fetcher_woken = now;
}

int KafkaFrameSource::ReadyFd() const { return consumer_ == nullptr ? -1 : consumer_->ready_fd(); }

void KafkaFrameSource::ClearReady() {
  consumer_->ClearReady();
  // librdkafka looks the partition up by name each time: too expensive for every batch of every partition.
  const Clock::time_point now = Clock::now();
  if (now < next_ends_look_) return;
  next_ends_look_ = now + kEndsInterval;
  for (auto& [p, partition] : partitions_) partition.fetched_end = consumer_->CachedHighWatermark(p);
}

KafkaFrameSource::Partition& KafkaFrameSource::At(PartitionId p) {
  const auto found = partitions_.find(p);
  HC_CHECK(found != partitions_.end(), Describe(p) + " is not read here");
  return found->second;
}

const KafkaFrameSource::Partition& KafkaFrameSource::At(PartitionId p) const {
  const auto found = partitions_.find(p);
  HC_CHECK(found != partitions_.end(), Describe(p) + " is not read here");
  return found->second;
}

std::string KafkaFrameSource::Describe(PartitionId p) const {
  return "partition " + std::to_string(p.value()) + " of topic " + options_.topic;
}

}  // namespace headcount
