#include "common/kafka/partition_consumer.h"

#include <librdkafka/rdkafka.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/kafka/cluster.h"
#include "common/kafka/errors.h"
#include "common/kafka/input_identity.h"

namespace headcount::kafka {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kKiB = int64_t{1} << 10;

// The bytes of an answer for one partition. More than 1 MiB gained no speed. Less costs requests, and if batches are
// larger, the broker sends only the first of them. So all requests together may ask for twice the budget; then a queue
// is emptied before the fetcher asks for more.
constexpr int64_t kMaxRequestBytes = kMiB;
constexpr int64_t kMinRequestBytes = 64 * kKiB;
constexpr int64_t kRequestsOfBudget = 2;
constexpr int64_t kMinQueueBytes = kKiB;
// A whole answer: it stays in memory until its last record is read. A larger single record still comes, alone.
constexpr int64_t kAnswerBytes = 2 * kMiB;
// The rough cost of a queued record besides its bytes.
constexpr int64_t kRecordOverheadBytes = 400;
constexpr int64_t kMinQueueMessages = 1'000;
constexpr int64_t kMaxQueueMessages = 100'000;

// The worker notices within this time that a leader is back. Each text has about a kilobyte a partition.
constexpr int kStatisticsIntervalMs = 1'000;

// How long the fetcher backs off from a queue that it found full. The default is 1 s, and the reader empties the queue
// long before. 0 makes the fetcher spin. Between 1 and 50 ms no difference could be measured.
constexpr char kQueueBackoff[] = "fetch.queue.backoff.ms";
constexpr char kQueueBackoffMs[] = "5";

// librdkafka 2.16.0 reads by topic ids, and reports a missing topic only after this time; the default is 30 s. The
// frame source then asks itself, and is patient with a broker that has just started.
constexpr char kUnknownTopicMs[] = "5000";

// librdkafka asks once a second for the leaders of a topic that it does not know yet. If we ask, it knows them within
// one answer's time. If no broker answers within this time, reading begins after librdkafka's own question.
constexpr int kLeadersTimeoutMs = 1'000;

// Answers take less, and after each the fetcher looks again by itself.
constexpr std::chrono::milliseconds kWakeFetcherInterval{5};

PartitionList ListOf(const std::string& topic, const std::vector<PartitionConsumer::Start>& starts) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())));
  for (const PartitionConsumer::Start& start : starts) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), start.partition.value())->offset =
        start.offset.value();
  }
  return list;
}

Result<void> FromError(rd_kafka_error_t* owned_error, const std::string& attempted) {
  const KafkaError error(owned_error);
  if (error == nullptr) return {};
  return Error{ExitCode::kTryAgain, "cannot " + attempted + ": " + rd_kafka_error_string(error.get())};
}

QueueEvent::Kind KindOf(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: return QueueEvent::Kind::kEnd;
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: return QueueEvent::Kind::kOffsetGone;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return QueueEvent::Kind::kUnknownPartition;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return QueueEvent::Kind::kForbidden;
    default: return QueueEvent::Kind::kUnreadable;
  }
}

QueueEvent UnknownPartition() {
  return QueueEvent{QueueEvent::Kind::kUnknownPartition, Offset(RD_KAFKA_OFFSET_INVALID),
                    rd_kafka_err2str(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)};
}

QueueEvent EventOf(const rd_kafka_message_t& message) {
  if (IsForbidden(message.err) && message.rkt != nullptr) {
    return QueueEvent{KindOf(message.err), Offset(message.offset),
                      Missing(Right::Read(rd_kafka_topic_name(message.rkt)))};
  }
  const char* const reason = rd_kafka_message_errstr(&message);
  return QueueEvent{KindOf(message.err), Offset(message.offset),
                    reason != nullptr ? reason : rd_kafka_err2str(message.err)};
}

}  // namespace

FetchLimits FetchLimits::For(uint64_t budget_bytes, size_t partitions) {
  const int64_t share = static_cast<int64_t>(budget_bytes / std::max<size_t>(partitions, 1));
  // A queue that is not quite full gets one more answer. The share covers both, and large answers are cheaper.
  const int64_t request_bytes = std::clamp(share * kRequestsOfBudget, kMinRequestBytes, kMaxRequestBytes);
  const int64_t queue_bytes = std::max(share - request_bytes, kMinQueueBytes);
  return FetchLimits{queue_bytes / kKiB, std::clamp(share / kRecordOverheadBytes, kMinQueueMessages, kMaxQueueMessages),
                     request_bytes};
}

PartitionConsumer::PartitionConsumer(std::string topic, FetchLimits limits, int ready_fd, std::unique_ptr<Told> told,
                                     Handle handle)
    : topic_(std::move(topic)),
      limits_(limits),
      looks_by_itself_(IsKnown(kQueueBackoff)),
      ready_fd_(ready_fd),
      told_(std::move(told)),
      handle_(std::move(handle)) {}

PartitionConsumer::~PartitionConsumer() {
  for (auto& [p, partition] : partitions_) {
    rd_kafka_queue_io_event_enable(partition.queue.get(), -1, nullptr, 0);
    Release(&partition);
  }
  partitions_.clear();
  handle_.reset();
  close(ready_fd_);
}

Result<std::unique_ptr<PartitionConsumer>> PartitionConsumer::Create(const ClientConfig& config, std::string topic,
                                                                     FetchLimits limits) {
  Result<Conf> conf = BuildConf(config, Role::kConsumer,
                                {{"fetch.wait.max.ms", "10"},
                                 {"fetch.error.backoff.ms", "100"},
                                 {"fetch.message.max.bytes", std::to_string(limits.request_bytes)},
                                 {"fetch.max.bytes", std::to_string(kAnswerBytes)},
                                 {"receive.message.max.bytes", "1000000000"},
                                 {"queued.max.messages.kbytes", std::to_string(limits.queue_kbytes)},
                                 {"queued.min.messages", std::to_string(limits.queue_messages)},
                                 {"topic.metadata.propagation.max.ms", kUnknownTopicMs},
                                 {"check.crcs", "true"}},
                                {{"group.id", config.group},
                                 {"isolation.level", "read_committed"},
                                 {"statistics.interval.ms", std::to_string(kStatisticsIntervalMs)},
                                 {"enable.partition.eof", "true"},
                                 {"enable.auto.commit", "false"},
                                 {"enable.auto.offset.store", "false"},
                                 {"auto.offset.reset", "error"}},
                                {{kQueueBackoff, kQueueBackoffMs}});
  if (!conf.ok()) return conf.error();
  auto told = std::make_unique<Told>();
  told->topic = topic;
  const int ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  HC_CHECK(ready_fd >= 0, "no descriptor left for an eventfd");
  Result<Handle> handle = NewHandle(Role::kConsumer, std::move(conf.value()),
                                    {told.get(), &PartitionConsumer::OnError, &PartitionConsumer::OnStatistics});
  if (!handle.ok()) {
    close(ready_fd);
    return handle.error();
  }
  rd_kafka_poll_set_consumer(handle->get());
  return std::unique_ptr<PartitionConsumer>(
      new PartitionConsumer(std::move(topic), limits, ready_fd, std::move(told), std::move(handle.value())));
}

Result<void> PartitionConsumer::Add(const std::vector<Start>& starts) {
  if (partitions_.empty()) LearnLeaders(starts);
  for (const Start& start : starts) {
    Queue queue(rd_kafka_queue_get_partition(handle_.get(), topic_.c_str(), start.partition.value()));
    if (queue == nullptr) {
      return Error{ExitCode::kTryAgain, "cannot read topic " + topic_ + ": librdkafka gives no queue for a partition"};
    }
    // Before assign: once librdkafka has forwarded a queue to the common one, it serves it there.
    rd_kafka_queue_forward(queue.get(), nullptr);
    static constexpr uint64_t kOne = 1;
    rd_kafka_queue_io_event_enable(queue.get(), ready_fd_, &kOne, sizeof kOne);
    partitions_[start.partition].queue = std::move(queue);
  }
  return Assign(starts);
}

// librdkafka tells of a partition that does not exist when it hears of the topic for the first time, which is now.
void PartitionConsumer::LearnLeaders(const std::vector<Start>& starts) {
  const Result<int32_t> count = PartitionCount(handle_.get(), topic_, kLeadersTimeoutMs);
  if (!count.ok()) return;
  for (const Start& start : starts) partitions_[start.partition].unknown = start.partition.value() >= *count;
}

Result<void> PartitionConsumer::Restart(Start start) {
  Release(&partitions_.at(start.partition));
  if (Result<void> unassigned = Unassign(start.partition); !unassigned.ok()) return unassigned;
  return Assign({start});
}

Result<void> PartitionConsumer::Assign(const std::vector<Start>& starts) {
  if (starts.empty()) return {};
  const PartitionList list = ListOf(topic_, starts);
  return FromError(rd_kafka_incremental_assign(handle_.get(), list.get()), "begin to read topic " + topic_);
}

Result<void> PartitionConsumer::Unassign(PartitionId p) {
  const PartitionList list = ListOf(topic_, {Start{p, Offset(0)}});
  return FromError(rd_kafka_incremental_unassign(handle_.get(), list.get()),
                   "stop reading partition " + std::to_string(p.value()) + " of topic " + topic_);
}

PartitionConsumer::Taken PartitionConsumer::Take(PartitionId p, size_t max, Offset from) {
  Partition& partition = partitions_.at(p);
  Release(&partition);
  if (partition.messages.size() < max) partition.messages.resize(max);
  const ssize_t count = rd_kafka_consume_batch_queue(partition.queue.get(), 0, partition.messages.data(), max);
  partition.taken = count > 0 ? static_cast<size_t>(count) : 0;
  std::optional<QueueEvent> event = Sort(&partition, from);
  if (!event && std::exchange(partition.unknown, false)) event = UnknownPartition();
  if (!event) event = TakeTold();
  WatchQueue(p, &partition);
  return Taken{&partition.records, std::move(event)};
}

std::optional<std::string_view> PartitionConsumer::KeyOf(PartitionId p, Offset offset) const {
  const Partition& partition = partitions_.at(p);
  const auto end = partition.messages.begin() + static_cast<std::ptrdiff_t>(partition.taken);
  auto found = std::lower_bound(partition.messages.begin(), end, offset.value(),
                                [](const rd_kafka_message_t* m, int64_t wanted) { return m->offset < wanted; });
  while (found != end && (*found)->offset == offset.value() && (*found)->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++found;
  if (found == end || (*found)->offset != offset.value() || (*found)->key == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>((*found)->key), (*found)->key_len);
}

// The fetcher looks at a queue when an answer comes, and backs off from a full one. So the queue after an arrival shows
// whether the fetcher may have backed off. We wake it while half the queue is still unread.
void PartitionConsumer::WatchQueue(PartitionId p, Partition* partition) {
  if (looks_by_itself_) return;
  const size_t left = rd_kafka_queue_length(partition->queue.get());
  const size_t found = partition->taken + left;
  if (found > partition->left) {
    partition->fetch_backed_off = IsHalfFull(*partition, found);
    partition->fetcher_woken = false;
  }
  partition->left = left;
  if (!partition->fetch_backed_off || partition->fetcher_woken || IsHalfFull(*partition, left)) return;
  partition->fetcher_woken = WakeFetcherIfDue(p);
}

// Judged by the weight of the last Take's records. If the records of a queue differ much, the result is less exact.
bool PartitionConsumer::IsHalfFull(const Partition& partition, size_t records) const {
  const auto count = static_cast<int64_t>(records);
  return count >= limits_.queue_messages / 2 ||
         count * static_cast<int64_t>(partition.record_bytes) >= limits_.queue_kbytes * kKiB / 2;
}

std::optional<RecordMark> PartitionConsumer::MarkOfLast(PartitionId p) const {
  const Partition& partition = partitions_.at(p);
  for (size_t i = partition.taken; i-- > 0;) {
    if (partition.messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) return MarkOf(*partition.messages[i]);
  }
  return std::nullopt;
}

bool PartitionConsumer::HasQueued(PartitionId p) const {
  return rd_kafka_queue_length(partitions_.at(p).queue.get()) > 0;
}

std::optional<QueueEvent> PartitionConsumer::TakeTold() {
  if (!told_->unknown_partition) return std::nullopt;
  told_->unknown_partition = false;
  return QueueEvent{QueueEvent::Kind::kUnknownPartition, Offset(RD_KAFKA_OFFSET_INVALID), told_->reason};
}

void PartitionConsumer::OnError(int code, const char* reason, void* opaque) {
  if (KindOf(static_cast<rd_kafka_resp_err_t>(code)) != QueueEvent::Kind::kUnknownPartition) return;
  auto* const told = static_cast<Told*>(opaque);
  told->unknown_partition = true;
  told->reason = reason;
}

void PartitionConsumer::OnStatistics(std::string_view statistics, void* opaque) {
  auto* const told = static_cast<Told*>(opaque);
  told->leaders.Look(statistics, told->topic);
}

// Turns the messages into records, up to the first event that reports an error. An end is an event, too, but later
// records may follow it; the last end counts.
std::optional<QueueEvent> PartitionConsumer::Sort(Partition* partition, Offset from) {
  std::optional<QueueEvent> event;
  size_t bytes = 0;
  for (size_t i = 0; i < partition->taken; ++i) {
    const rd_kafka_message_t& message = *partition->messages[i];
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      event = EventOf(message);
      if (event->kind != QueueEvent::Kind::kEnd) break;
      continue;
    }
    event.reset();
    if (message.offset < from.value()) continue;  // never twice, whatever a restart of the fetcher brings
    from = Offset(message.offset + 1);
    bytes += message.len;
    partition->records.push_back(SourceFrame{
        Offset(message.offset), {static_cast<const char*>(message.payload), message.len}, message.payload != nullptr});
  }
  if (!partition->records.empty()) partition->record_bytes = bytes / partition->records.size();
  return event;
}

void PartitionConsumer::Release(Partition* partition) {
  for (size_t i = 0; i < partition->taken; ++i) rd_kafka_message_destroy(partition->messages[i]);
  partition->taken = 0;
  partition->records.clear();
}

void PartitionConsumer::WakeFetcher(PartitionId p) {
  // There a wake would shorten no backoff. From 2.3.0 on the question would be overdue at once, and the client would
  // close its connection to the leader.
  if (looks_by_itself_) return;
  const PartitionList list = ListOf(topic_, {Start{p, Offset(RD_KAFKA_OFFSET_END)}});
  rd_kafka_offsets_for_times(handle_.get(), list.get(), 0);
}

bool PartitionConsumer::WakeFetcherIfDue(PartitionId p) {
  if (looks_by_itself_) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now - fetcher_woken_ < kWakeFetcherInterval) return false;
  fetcher_woken_ = now;
  WakeFetcher(p);
  return true;
}

std::optional<Offset> PartitionConsumer::CachedHighWatermark(PartitionId p) const {
  int64_t low = -1;
  int64_t high = -1;
  const rd_kafka_resp_err_t code =
      rd_kafka_get_watermark_offsets(handle_.get(), topic_.c_str(), p.value(), &low, &high);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
  return Offset(high);
}

void PartitionConsumer::ClearReady() {
  // Errors of no partition wait in the common queue; this call gives them to the callback.
  rd_kafka_poll(handle_.get(), 0);
  uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t got = read(ready_fd_, &ignored, sizeof ignored);
}

}  // namespace headcount::kafka
