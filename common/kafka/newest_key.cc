// NewestKey() of cluster.h: reads the tail of each partition and, if that holds no fitting key, a longer one. Runs in
// the writer.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "common/kafka/cluster.h"
#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"

namespace headcount::kafka {
namespace {

// The number of offsets in the first tail; records, markers and aborted records share them. After a tail without a key
// comes one that is kGrowth times as long.
constexpr int64_t kFirstTail = 64;
constexpr int64_t kGrowth = 16;

// The part of a partition that is still to be read: [from, to), and before that [earliest, from).
struct Tail {
  int64_t earliest = 0;
  int64_t from = 0;
  int64_t to = 0;

  bool empty() const { return from >= to; }
  void MoveBack() {
    const int64_t length = std::max(kFirstTail, (to - from) * kGrowth);
    to = from;
    from = std::max(earliest, to - length);
  }
};

std::optional<int64_t> ParseKey(const rd_kafka_message_t& message) {
  const std::string_view text(static_cast<const char*>(message.key), message.key == nullptr ? 0 : message.key_len);
  int64_t key = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
  if (error != std::errc() || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return key;
}

class TailReader {
 public:
  TailReader(rd_kafka_t* handle, std::string topic, const std::function<bool(int64_t)>& is_minute, Deadline deadline)
      : handle_(handle), topic_(std::move(topic)), is_minute_(is_minute), deadline_(deadline) {}

  Result<void> FindTails();
  // Reads one tail of every partition that has shown no key yet. False: no tail is left.
  Result<bool> ReadTails();

  std::optional<int64_t> newest() const { return newest_; }

 private:
  Error TimedOut() const {
    return QuestionFailed(handle_, "read the newest records of topic " + topic_, RD_KAFKA_RESP_ERR__TIMED_OUT);
  }
  // Takes one message into account. Removes from `open` the partitions whose tail is read to its end.
  Result<void> Take(const rd_kafka_message_t& message, std::set<int32_t>* open);

  rd_kafka_t* const handle_;
  const std::string topic_;
  const std::function<bool(int64_t)>& is_minute_;
  const Deadline deadline_;
  std::vector<Tail> tails_;  // by partition; empty: nothing is left to read
  std::set<int32_t> found_;  // partitions that have shown a key
  std::optional<int64_t> newest_;
};

Result<void> TailReader::FindTails() {
  const Result<int32_t> count = PartitionCount(handle_, topic_, deadline_.remaining_ms());
  if (!count.ok()) return count.error();
  const auto earliest =
      ListOffsets(handle_, topic_, *count, {OffsetQuestion::Kind::kEarliest, {}}, deadline_.remaining_ms());
  if (!earliest.ok()) return earliest.error();
  const auto ends = ListOffsets(handle_, topic_, *count, {OffsetQuestion::Kind::kLatest, {}}, deadline_.remaining_ms());
  if (!ends.ok()) return ends.error();
  for (size_t p = 0; p < ends->size(); ++p) {
    Tail tail{(*earliest)[p].value(), (*ends)[p].value(), (*ends)[p].value()};
    tail.MoveBack();
    tails_.push_back(tail);
  }
  return {};
}

Result<bool> TailReader::ReadTails() {
  std::set<int32_t> open;
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(tails_.size())));
  for (size_t i = 0; i < tails_.size(); ++i) {
    const auto p = static_cast<int32_t>(i);
    if (tails_[i].empty() || found_.count(p) > 0) continue;
    open.insert(p);
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), p)->offset = tails_[i].from;
  }
  if (open.empty()) return false;
  const rd_kafka_resp_err_t code = rd_kafka_assign(handle_, list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return QuestionFailed(handle_, "read topic " + topic_, code);
  while (!open.empty()) {
    if (deadline_.passed()) return TimedOut();
    const Message message(rd_kafka_consumer_poll(handle_, 100));
    if (message == nullptr || message->rkt == nullptr) continue;
    if (Result<void> taken = Take(*message, &open); !taken.ok()) return taken.error();
  }
  for (Tail& tail : tails_) tail.MoveBack();
  return true;
}

Result<void> TailReader::Take(const rd_kafka_message_t& message, std::set<int32_t>* open) {
  const int32_t p = message.partition;
  if (open->count(p) == 0) return {};
  const int64_t to = tails_[static_cast<size_t>(p)].to;
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    open->erase(p);
    return {};
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return QuestionFailed(handle_, "read topic " + topic_ + " partition " + std::to_string(p), message.err,
                          Right::Read(topic_));
  }
  if (message.offset < to) {
    if (const std::optional<int64_t> key = ParseKey(message); key && is_minute_(*key)) {
      newest_ = newest_ ? std::max(*newest_, *key) : *key;
      found_.insert(p);
    }
  }
  if (message.offset >= to - 1) open->erase(p);
  return {};
}

}  // namespace

Result<std::optional<int64_t>> NewestKey(const ClientConfig& config, const std::string& topic,
                                         const std::function<bool(int64_t)>& is_minute, int timeout_ms) {
  const Result<Handle> handle = NewLookingConsumer(config, Isolation::kReadCommitted);
  if (!handle.ok()) return handle.error();

  TailReader reader(handle->get(), topic, is_minute, Deadline(timeout_ms));
  if (Result<void> found = reader.FindTails(); !found.ok()) return found.error();
  for (;;) {
    const Result<bool> more = reader.ReadTails();
    if (!more.ok()) return more.error();
    if (!*more) return reader.newest();
  }
}

}  // namespace headcount::kafka
