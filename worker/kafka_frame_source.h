// A worker's partitions of the input topic, read from Kafka with read_committed, from absolute offsets, one
// queue a partition. Runs in a worker. Promises what frame_source.h says, and: the bytes handed out are
// librdkafka's own buffers, never copied; a broker or leader that is away is no error, just no frames;
// nothing is skipped without being named (lost input is an error, or counted).
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
  // Bytes of frames fetched ahead, over all partitions of the worker. More bought no speed: 4 partitions with 0.7 us
  // of work a frame ran as fast with 8 MiB (21 MB in all) as with 64 MiB (98 MB).
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

  // Blocks only where something is wrong, to ask what: 2 s at most, once a second.
  Result<FrameBatch> Fetch(PartitionId p, size_t max) override;

  Offset Position(PartitionId p) const override;
  // At the end: Position(). Else the high watermark of the last fetch, which may lie beyond the last stable
  // offset while a transaction is open.
  Offset KnownEnd(PartitionId p) const override;
  Offset OpenTransactionEnd(PartitionId p) const override;
  EndAnswer AskEnd(PartitionId p, int timeout_ms) override;
  LeaderContact Contact(PartitionId p) const override;
  void Nudge(PartitionId p) override;

  // -1 before Start.
  int ReadyFd() const override;
  void ClearReady() override;
  std::optional<RecordMark> Mark(PartitionId p) const override { return At(p).mark; }
  uint64_t LostRecords() const override { return lost_records_; }

 private:
  using Clock = std::chrono::steady_clock;

  // Something a queue said that is not a record, until it is settled: gone, or an error.
  struct Trouble {
    kafka::QueueEvent event;
    Offset at;  // the position it stands at; whatever comes at the same place is the same trouble
    Clock::time_point since;
    Clock::time_point next_look;
  };

  struct Partition {
    Offset position;
    Offset start;  // as it was asked for; the fetcher begins one before, for the mark
    std::optional<RecordMark> mark;
    Clock::time_point marked;
    std::optional<Offset> end;          // where the end was seen last
    std::optional<Offset> fetched_end;  // the high watermark of the last fetch, as of a moment ago
    std::optional<Trouble> trouble;
    bool trouble_pending = false;  // it has not been acted on since `trouble->next_look`
    Clock::time_point nudged;
  };

  Partition& At(PartitionId p);
  const Partition& At(PartitionId p) const;
  void Note(const kafka::QueueEvent& event, Partition* partition) const;
  void KeepMark(PartitionId p, Partition* partition) const;

  // Each ends the trouble, leaves it for a later look, or says why it cannot be ended.
  Result<void> Settle(PartitionId p, Partition* partition);
  Result<void> SettleOffsetGone(PartitionId p, Partition* partition);
  Result<void> SettleUnknownPartition(PartitionId p, Partition* partition);
  Result<void> SettleUnreadable(PartitionId p, Partition* partition);
  Result<void> LostInput(PartitionId p, Partition* partition, Offset wanted, Offset earliest);
  std::chrono::milliseconds PatienceWith(const Partition& partition, std::chrono::milliseconds usual) const;
  Result<void> ReadAgainFrom(PartitionId p, Partition* partition, Offset offset);

  // The high watermark, asked for now; nothing: no answer.
  Result<Offset> AskHighWatermark(PartitionId p, int timeout_ms);
  std::string Describe(PartitionId p) const;

  const KafkaSourceOptions options_;
  std::unique_ptr<kafka::PartitionConsumer> consumer_;
  // read_uncommitted; made when an end is first asked for.
  kafka::Handle end_asker_;
  std::map<PartitionId, Partition> partitions_;
  Clock::time_point next_ends_look_;
  uint64_t lost_records_ = 0;
};

}  // namespace headcount
