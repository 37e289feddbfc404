// A worker's partitions of the input topic, read from Kafka with read_committed, from absolute offsets, one
// queue a partition. Runs in a worker. Promises what frame_source.h says, and: the bytes handed out are
// librdkafka's own buffers, never copied; a broker or leader that is away is no error, just no frames;
// nothing is skipped without being named (lost input is an error, or counted).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"
#include "common/kafka/partition_consumer.h"
#include "common/result.h"
#include "common/run_options.h"
#include "common/types.h"
#include "worker/frame_source.h"

namespace headcount {

struct KafkaSourceOptions {
  kafka::ClientConfig config;
  std::string topic;
  OnLostInput on_lost_input = OnLostInput::kFail;
  // Bytes of frames fetched ahead, over all partitions of the worker.
  uint64_t fetch_budget_bytes = uint64_t{32} << 20;
};

class KafkaFrameSource final : public FrameSource {
 public:
  explicit KafkaFrameSource(KafkaSourceOptions options);
  ~KafkaFrameSource() override;

  // Makes the client. kUsage: librdkafka refused a property. Asks the broker nothing.
  Result<void> Start(const std::vector<StartPosition>& partitions) override;
  Result<void> Add(const std::vector<StartPosition>& partitions) override;

  // Blocks only on the way to an error (it asks what exactly was lost).
  Result<FrameBatch> Fetch(PartitionId p, size_t max) override;

  Offset Position(PartitionId p) const override;
  // At the end: Position(). Else the high watermark of the last fetch, which may lie beyond the last stable
  // offset while a transaction is open.
  Offset KnownEnd(PartitionId p) const override;
  EndAnswer AskEnd(PartitionId p, int timeout_ms) override;
  void Nudge(PartitionId p) override;

  int ReadyFd() const override;
  void ClearReady() override;
  uint64_t LostRecords() const override { return lost_records_; }

 private:
  struct PartitionState;

  const KafkaSourceOptions options_;
  std::unique_ptr<kafka::PartitionConsumer> consumer_;
  kafka::Handle end_asker_;  // read_uncommitted, made when an end is first asked for
  std::map<PartitionId, std::unique_ptr<PartitionState>> partitions_;
  uint64_t lost_records_ = 0;
};

}  // namespace headcount
