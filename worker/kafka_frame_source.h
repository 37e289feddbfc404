// A worker's partitions of the input topic: read from Kafka with read_committed, from absolute offsets, one queue a
// partition. Runs in a worker. Keeps the promises of frame_source.h, and these:
// - the bytes handed out are librdkafka's own buffers, never copied;
// - a missing broker or leader is no error, only a lack of frames;
// - the source skips nothing silently: lost input is an error, or counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/job/run_options.h"
#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"
#include "common/kafka/partition_consumer.h"
#include "worker/frame_source.h"

namespace headcount {

struct KafkaSourceOptions {
  kafka::ClientConfig config;
  std::string topic;
  OnLostInput on_lost_input = OnLostInput::kFail;
  // Bytes of frames fetched ahead, over all partitions of the worker. More gained no speed. 4 partitions with 0.7 us of
  // work a frame ran as fast with 8 MiB (21 MB in all) as with 64 MiB (98 MB).
  uint64_t fetch_budget_bytes = uint64_t{16} << 20;
};

class KafkaFrameSource final : public FrameSource {
 public:
  explicit KafkaFrameSource(KafkaSourceOptions options);
  ~KafkaFrameSource() override;

  // Makes the client, which connects. kUsage: librdkafka refused a property.
  Result<void> Prepare(size_t partitions) override;
  Result<void> Start(const std::vector<StartPosition>& partitions) override;
  Result<void> Add(const std::vector<StartPosition>& partitions) override;

  // Blocks only after an event that is no record, to ask for its cause: at most 2 s, once a second.
  Result<FrameBatch> Fetch(PartitionId p, size_t max) override;

  Offset Position(PartitionId p) const override;
  // At the end: Position(). Otherwise the high watermark of the last fetch, which may lie beyond the last stable offset
  // while a transaction is open.
  Offset KnownEnd(PartitionId p) const override;
  Offset OpenTransactionEnd(PartitionId p) const override;
  EndAnswer AskEnd(PartitionId p, int timeout_ms) override;
  LeaderContact Contact(PartitionId p) const override;
  void WakeFetcherIfIdle(PartitionId p) override;

  // -1 before Start.
  int ReadyFd() const override;
  void ClearReady() override;
  std::optional<RecordMark> Mark(PartitionId p) const override { return At(p).mark; }
  uint64_t LostRecords() const override { return lost_records_; }

 private:
  using Clock = std::chrono::steady_clock;

  // An event in a queue that is no record, until the source settles it: the trouble is gone, or an error.
  struct Trouble {
    kafka::QueueEvent event;
    Offset at;  // the position at that time; a later event at the same position is the same trouble
    Clock::time_point since;
    Clock::time_point next_look;
  };

  struct Partition {
    Offset position;
    Offset start;  // the start that the worker asked for; the fetcher begins one before, for the mark
    std::optional<RecordMark> mark;
    Clock::time_point marked;
    std::optional<Offset> end;          // the end that the source saw last
    std::optional<Offset> fetched_end;  // the high watermark of the last fetch, a moment old
    std::optional<Trouble> trouble;
    bool trouble_pending = false;  // the source has not acted on it since `trouble->next_look`
    Clock::time_point fetcher_woken;
  };

  Partition& At(PartitionId p);
  const Partition& At(PartitionId p) const;
  void Note(const kafka::QueueEvent& event, Partition* partition) const;
  void KeepMark(PartitionId p, Partition* partition) const;

  // Each ends the trouble, leaves it for a later look, or returns why it cannot end it.
  Result<void> Settle(PartitionId p, Partition* partition);
  Result<void> SettleOffsetGone(PartitionId p, Partition* partition);
  Result<void> SettleUnknownPartition(PartitionId p, Partition* partition);
  Result<void> SettleUnreadable(PartitionId p, Partition* partition);
  Result<void> LostInput(PartitionId p, Partition* partition, Offset wanted, Offset earliest);
  std::chrono::milliseconds PatienceWith(const Partition& partition, std::chrono::milliseconds usual) const;
  Result<void> ReadAgainFrom(PartitionId p, Partition* partition, Offset offset);

  // The high watermark, asked for now. An error: no answer.
  Result<Offset> AskHighWatermark(PartitionId p, int timeout_ms);
  std::string Describe(PartitionId p) const;

  const KafkaSourceOptions options_;
  std::unique_ptr<kafka::PartitionConsumer> consumer_;
  // read_uncommitted; made when the worker first asks for an end.
  kafka::Handle end_asker_;
  std::map<PartitionId, Partition> partitions_;
  Clock::time_point next_ends_look_;
  uint64_t lost_records_ = 0;
};

}  // namespace headcount
