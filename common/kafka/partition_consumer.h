// A consumer that reads each partition through a queue of its own, so that a partition that is not read delays no
// other. Runs in the workers. It takes no decisions: worker/kafka_frame_source.cc says what an error means.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/decode/source_frame.h"
#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"
#include "common/kafka/leader_watch.h"
#include "common/records/record_mark.h"

struct rd_kafka_message_s;

namespace headcount::kafka {

// How much the consumer fetches ahead. Computed from a budget for the whole consumer.
struct FetchLimits {
  int64_t queue_kbytes;    // of one partition's queue; the fetcher stops for it at this much
  int64_t queue_messages;  // the same as a count; a small record costs more than its bytes
  int64_t request_bytes;   // of one partition in one answer

  static FetchLimits For(uint64_t budget_bytes, size_t partitions);
};

// An event in a partition's queue that is no record.
struct QueueEvent {
  enum class Kind {
    kEnd,               // the fetcher has reached the end; `offset` is the next one to fetch
    kOffsetGone,        // the broker has no record at `offset`, which is the next one to fetch
    kUnknownPartition,  // the broker says that topic or partition does not exist
    kForbidden,         // no right to read the topic
    kUnreadable,        // librdkafka could not read the bytes at or after `offset`, and would skip them
  };
  Kind kind;
  Offset offset;
  std::string reason;
};

class PartitionConsumer {
 public:
  struct Start {
    PartitionId partition;
    Offset offset;
  };

  // The result of Take(). The records come before the event. Take() stops at an event other than kEnd.
  struct Taken {
    const std::vector<SourceFrame>* records;
    std::optional<QueueEvent> event;
  };

  static Result<std::unique_ptr<PartitionConsumer>> Create(const ClientConfig& config, std::string topic,
                                                           FetchLimits limits);
  ~PartitionConsumer();

  // Begins to read these partitions as well, without disturbing those it reads already.
  Result<void> Add(const std::vector<Start>& starts);
  // Drops what is queued of this partition and reads it from `start.offset`.
  Result<void> Restart(Start start);

  // The records that have arrived, up to `max`; never blocks. Offsets ascend, and none lies before `from`. Records
  // point into librdkafka's buffers and live until the next Take or Restart of the same partition.
  Taken Take(PartitionId p, size_t max, Offset from);
  // The key of a record of the last Take; it lives as long as that record. nullopt: the record has none.
  std::optional<std::string_view> KeyOf(PartitionId p, Offset offset) const;
  // Whether the fetcher may have backed off from this partition because its queue was full. Then it may not look at it
  // again before WakeFetcher().
  bool MayBeBackedOff(PartitionId p) const { return partitions_.at(p).fetch_backed_off; }
  // The mark of the last record that the last Take took, even of one before `from`. nullopt: it took none.
  std::optional<RecordMark> MarkOfLast(PartitionId p) const;
  // Whether something has arrived that Take() has not taken yet.
  bool HasQueued(PartitionId p) const;
  // Wakes the fetcher, so that it looks again at what it may fetch. It does so by a request to the leader of p, whose
  // answer it ignores. Does nothing if the fetcher looks again by itself, as librdkafka's does from 2.2.0 on.
  void WakeFetcher(PartitionId p);
  // The same, unless a wake happened a moment ago. The fetcher looks at all partitions of a leader, and a request costs
  // the broker as much as a hundred records. False: not done; call again.
  bool WakeFetcherIfDue(PartitionId p);
  // The high watermark of the last fetch. nullopt: there was no fetch yet.
  std::optional<Offset> CachedHighWatermark(PartitionId p) const;

  // Whether p's leader answers, at most a second old. ClearReady() takes in new statistics.
  LeaderWatch::Contact Contact(PartitionId p) const { return told_->leaders.Of(p); }

  // Readable from the moment that something arrives in an empty queue. Call ClearReady() before looking again.
  int ready_fd() const { return ready_fd_; }
  void ClearReady();

  rd_kafka_s* handle() const { return handle_.get(); }

 private:
  struct Partition {
    Queue queue;
    std::vector<rd_kafka_message_s*> messages;  // memory for the messages of a Take ...
    size_t taken = 0;                           // ... and how many the last one took
    std::vector<SourceFrame> records;           // views of them
    size_t left = 0;                            // in the queue, after the last Take
    size_t record_bytes = 0;                    // of one record, roughly
    bool unknown = false;                       // the topic has no such partition, and Take() has not said so yet
    bool fetch_backed_off = false;
    bool fetcher_woken = false;  // since the fetcher may have backed off
  };

  // What librdkafka told its callbacks, which run inside our own calls. Only the error callback learns that a partition
  // does not exist, and not which one.
  struct Told {
    bool unknown_partition = false;
    std::string reason;
    // The state of its connections, told once a second.
    std::string topic;
    LeaderWatch leaders;
  };

  PartitionConsumer(std::string topic, FetchLimits limits, int ready_fd, std::unique_ptr<Told> told, Handle handle);

  void LearnLeaders(const std::vector<Start>& starts);
  Result<void> Assign(const std::vector<Start>& starts);
  Result<void> Unassign(PartitionId p);
  static void Release(Partition* partition);
  static std::optional<QueueEvent> Sort(Partition* partition, Offset from);
  void WatchQueue(PartitionId p, Partition* partition);
  bool IsHalfFull(const Partition& partition, size_t records) const;
  std::optional<QueueEvent> TakeTold();
  static void OnError(int code, const char* reason, void* opaque);
  static void OnStatistics(std::string_view statistics, void* opaque);

  const std::string topic_;
  const FetchLimits limits_;
  const bool looks_by_itself_;  // the fetcher looks again a moment after it found a queue full
  const int ready_fd_;          // an eventfd
  // Before handle_: librdkafka has a pointer to it until the handle is gone.
  std::unique_ptr<Told> told_;
  Handle handle_;
  std::chrono::steady_clock::time_point fetcher_woken_;
  std::map<PartitionId, Partition> partitions_;  // destroyed before handle_; see the destructor
};

}  // namespace headcount::kafka
