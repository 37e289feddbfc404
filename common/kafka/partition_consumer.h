// A consumer that reads each partition through a queue of its own, so that one that is not read holds up no
// other. Workers only. It takes no decisions: worker/kafka_frame_source.cc says what an error means.
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

// How much is fetched ahead. Follows from a budget for the whole consumer.
struct FetchLimits {
  int64_t queue_kbytes;    // of one partition's queue; no more is fetched for it while it holds this much
  int64_t queue_messages;  // likewise; small records cost more than their bytes
  int64_t request_bytes;   // of one partition in one answer

  static FetchLimits For(uint64_t budget_bytes, size_t partitions);
};

// Something other than a record that stands in a partition's queue.
struct QueueEvent {
  enum class Kind {
    kEnd,               // the fetcher has reached the end; `offset` is the next one to fetch
    kOffsetGone,        // the broker has no record at `offset`, which is the next one to fetch
    kUnknownPartition,  // topic or partition is said not to exist
    kForbidden,         // no right to read the topic
    kUnreadable,        // librdkafka could not read what lies at or after `offset`, and would skip it
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

  // What Take found. The records come before the event; nothing behind an event other than kEnd is taken.
  struct Taken {
    const std::vector<SourceFrame>* records;
    std::optional<QueueEvent> event;
  };

  static Result<std::unique_ptr<PartitionConsumer>> Create(const ClientConfig& config, std::string topic,
                                                           FetchLimits limits);
  ~PartitionConsumer();

  // Reads these partitions too. Those already read go on undisturbed.
  Result<void> Add(const std::vector<Start>& starts);
  // Forgets what is queued of this partition and reads it from `start.offset`.
  Result<void> Restart(Start start);

  // What has arrived, up to `max` records; never blocks. Each has a greater offset than the one before it, and none
  // lies before `from`. Records point into librdkafka's buffers and live until the next Take or Restart of the same
  // partition.
  Taken Take(PartitionId p, size_t max, Offset from);
  // The key of a record of the last Take; nothing: it has none. Lives as long as that record.
  std::optional<std::string_view> KeyOf(PartitionId p, Offset offset) const;
  // Whether the fetcher may have passed over this partition because its queue was full. Then it may not look again
  // before it is woken.
  bool MayBePassedOver(PartitionId p) const { return partitions_.at(p).passed_over; }
  // Of the last record that the last Take took, also of one that lies before `from`; nothing: it took none.
  std::optional<RecordMark> MarkOfLast(PartitionId p) const;
  // Whether something has arrived that was not taken yet.
  bool HasQueued(PartitionId p) const;
  // Makes the fetcher look again at what it may fetch: a request to the leader of p, whose answer nobody waits for.
  // Does nothing where the fetcher looks again by itself, as librdkafka's does from 2.2.0 on.
  void Wake(PartitionId p);
  // The same, unless somebody was woken a moment ago: the fetcher looks at all partitions of a leader, and each request
  // costs the broker as much as a hundred records. Answers whether it was done; if not, ask again.
  bool WakeSometimes(PartitionId p);
  // The high watermark of the last fetch; nothing before the first one.
  std::optional<Offset> CachedHighWatermark(PartitionId p) const;

  // Whether p's leader answers, as of a second ago at most; ClearReady() takes in what is new.
  LeaderWatch::Contact Contact(PartitionId p) const { return told_->leaders.Of(p); }

  // Readable since something arrived in an empty queue; ClearReady() before looking again.
  int ready_fd() const { return ready_fd_; }
  void ClearReady();

  rd_kafka_s* handle() const { return handle_.get(); }

 private:
  struct Partition {
    Queue queue;
    std::vector<rd_kafka_message_s*> messages;  // room for those of a Take ...
    size_t taken = 0;                           // ... and how many the last one took
    std::vector<SourceFrame> records;           // views of them
    size_t left = 0;                            // in the queue, after the last Take
    size_t record_bytes = 0;                    // of one, by and large
    bool unknown = false;                       // the topic has no such partition, and Take() has not said so yet
    bool passed_over = false;
    bool woken = false;  // since it may have been passed over
  };

  // What librdkafka told through its callbacks, which run inside our own calls: the one for errors says, and it alone,
  // that a partition does not exist, and it does not say which one.
  struct Told {
    bool unknown_partition = false;
    std::string reason;
    // And, once a second, how its connections are.
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
  const bool looks_by_itself_;  // a moment after it found a queue full, the fetcher looks again
  const int ready_fd_;          // an eventfd
  // Before handle_: librdkafka holds a pointer to it until the handle is gone.
  std::unique_ptr<Told> told_;
  Handle handle_;
  std::chrono::steady_clock::time_point woken_;
  std::map<PartitionId, Partition> partitions_;  // destroyed before handle_; see the destructor
};

}  // namespace headcount::kafka
