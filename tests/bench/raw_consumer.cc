// What librdkafka alone costs: reads a topic from its beginning to the end it had at the start, and throws the frames
// away without looking at them. The same settings and the same number of processes as headcount's workers have, so that
// the ratio of the two says what headcount's own work costs.
//   raw_consumer HOST:PORT TOPIC PARTITIONS [PROCESSES]
#include <librdkafka/rdkafka.h>
#include <malloc.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "tests/bench/reading_children.h"
#include "tests/support/kafka_testing.h"

namespace headcount::bench {
namespace {

constexpr int kTimeoutMs = 10'000;
constexpr size_t kBatch = 1'000;
// A call waits this long for a full batch, and takes what is there then.
constexpr int kBatchWaitMs = 5;
constexpr int kMaxEmptyBatches = kTimeoutMs / kBatchWaitMs;
constexpr int64_t kQueueKbytes = 32 << 10;

struct ListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};

class RawConsumer {
 public:
  RawConsumer(const ReadingOptions& options, int32_t child) {
    handle_ = test::MakeHandle(RD_KAFKA_CONSUMER, {{"bootstrap.servers", options.host + ":" + options.port},
                                                   {"group.id", "bench-raw"},
                                                   {"isolation.level", "read_committed"},
                                                   {"enable.auto.commit", "false"},
                                                   {"enable.auto.offset.store", "false"},
                                                   {"auto.offset.reset", "error"},
                                                   {"fetch.wait.max.ms", "10"},
                                                   {"fetch.message.max.bytes", "1048576"},
                                                   {"fetch.max.bytes", "4194304"},
                                                   {"queued.max.messages.kbytes", std::to_string(kQueueKbytes)},
                                                   {"queued.min.messages", "100000"},
                                                   {"check.crcs", "true"}});
    rd_kafka_poll_set_consumer(handle_.get());
    Assign(options, child);
    queue_.reset(rd_kafka_queue_get_consumer(handle_.get()));
  }

  ReadTotals ReadAll() {
    ReadTotals totals;
    std::vector<rd_kafka_message_t*> messages(kBatch);
    int empty_batches = 0;
    while (!ends_.empty()) {
      const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), kBatchWaitMs, messages.data(), messages.size());
      if (count < 0) throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
      empty_batches = count == 0 ? empty_batches + 1 : 0;
      if (empty_batches > kMaxEmptyBatches) throw std::runtime_error("nothing came for ten seconds");
      if (totals.frames == 0 && count > 0) SayFirstRecord();
      for (ssize_t i = 0; i < count; ++i) Drop(messages[static_cast<size_t>(i)], &totals);
    }
    return totals;
  }

 private:
  void Assign(const ReadingOptions& options, int32_t child) {
    const std::unique_ptr<rd_kafka_topic_partition_list_t, ListDeleter> list(rd_kafka_topic_partition_list_new(4));
    for (int32_t p = child; p < options.partitions; p += options.children) {
      int64_t low = 0;
      int64_t high = 0;
      const auto code =
          rd_kafka_query_watermark_offsets(handle_.get(), options.topic.c_str(), p, &low, &high, kTimeoutMs);
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
      if (high == low) continue;
      rd_kafka_topic_partition_list_add(list.get(), options.topic.c_str(), p)->offset = low;
      ends_[p] = high;
    }
    const auto code = rd_kafka_assign(handle_.get(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(code));
  }

  void Drop(rd_kafka_message_t* message, ReadTotals* totals) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_message_errstr(message));
    ++totals->frames;
    totals->bytes += message->len;
    const auto end =
        last_ != ends_.end() && last_->first == message->partition ? last_ : ends_.find(message->partition);
    last_ = end;
    if (end != ends_.end() && message->offset + 1 >= end->second) {
      ends_.erase(end);
      last_ = ends_.end();
    }
    rd_kafka_message_destroy(message);
  }

  test::KafkaHandle handle_;
  std::unique_ptr<rd_kafka_queue_t, QueueDeleter> queue_;
  std::map<int32_t, int64_t> ends_;  // of the partitions that are not read to their end yet
  std::map<int32_t, int64_t>::iterator last_ = ends_.end();
};

ReadTotals ReadOne(const ReadingOptions& options, int32_t child) {
  mallopt(M_MMAP_THRESHOLD, limits::kKeepBlocksBytes);
  mallopt(M_TRIM_THRESHOLD, limits::kKeepFreeBytes);
  RawConsumer consumer(options, child);
  return consumer.ReadAll();
}

}  // namespace
}  // namespace headcount::bench

int main(int argc, char** argv) {
  using namespace headcount::bench;
  const ReadingOptions options = ParseReadingOptions(argc, argv);
  return ReadSideBySide(options, [&](int32_t child) { return ReadOne(options, child); });
}
