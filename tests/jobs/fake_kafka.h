// A Kafka for jobs in one process: partitions of records, the group's offsets with their metadata, and the minutes
// that were published. It behaves, it does not expect: what a real cluster may answer, it answers by dice.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/job/run_options.h"
#include "coordinator/writer/record_sink.h"
#include "tests/support/random.h"
#include "worker/frame_source.h"

namespace headcount::test {

struct FakeRecord {
  Offset offset;
  std::optional<std::string> value;
  int64_t gap_after = 0;  // control records between this one and the next
  int64_t at = 0;         // when it was really made, whatever it says itself
};
using FakeLog = std::vector<FakeRecord>;

struct FakePartition {
  const FakeLog* log = nullptr;
  Offset begin;             // of the log: retention took what was before
  size_t visible = 0;       // records that can be read by now
  int64_t transaction = 0;  // records of an open transaction after those
  std::optional<Offset> committed;
  std::string metadata;

  Offset LastStable() const {
    if (visible == 0) return begin;
    const FakeRecord& last = (*log)[visible - 1];
    return Offset(last.offset.value() + 1 + last.gap_after);
  }
  Offset HighWatermark() const { return Offset(LastStable().value() + transaction); }
};

class FakeKafka {
 public:
  // The partitions of the topic by now; a log beyond them is of a partition that is still to be added.
  std::vector<FakePartition> partitions;
  std::map<WindowStart, CountRecord> minutes;

  FakePartition& At(PartitionId p) { return partitions[static_cast<size_t>(p.value())]; }
};

// A worker's consumer, as worker/kafka_frame_source.h behaves.
class FakeSource final : public FrameSource {
 public:
  // `dice` and `kafka` outlive it. Patient: answers at once and with all there is.
  FakeSource(FakeKafka* kafka, Random* rng, const bool* patient) : kafka_(kafka), rng_(rng), patient_(patient) {}

  Result<void> Start(const std::vector<StartPosition>& partitions) override { return Add(partitions); }
  Result<void> Add(const std::vector<StartPosition>& partitions) override;
  Result<FrameBatch> Fetch(PartitionId p, size_t max) override;
  Offset Position(PartitionId p) const override { return readings_.at(p).position; }
  Offset KnownEnd(PartitionId p) const override;
  EndAnswer AskEnd(PartitionId p, int timeout_ms) override;
  LeaderContact Contact(PartitionId p) const override;
  void WakeFetcherIfIdle(PartitionId /*p*/) override {}
  int ReadyFd() const override { return -1; }
  void ClearReady() override {}
  uint64_t LostRecords() const override { return 0; }

 private:
  struct Reading {
    size_t next = 0;  // in the log
    Offset position;
    Offset end{-1};           // met, or told by the leader
    Offset last_fetched{-1};  // high watermark of the last fetch
    std::vector<SourceFrame> frames;
    mutable LeaderContact contact;  // goes on by dice with each look
  };

  FakeKafka* const kafka_;
  Random* const rng_;
  const bool* const patient_;
  std::map<PartitionId, Reading> readings_;
};

// The writer's producer, as coordinator/writer/kafka_sink.h behaves where every transaction's outcome is known.
class FakeSink final : public RecordSink {
 public:
  // Called as a transaction becomes durable: nothing can prevent it any more, and what was before can still be seen.
  using OnCommit = std::function<void(const std::vector<CountRecord>& records,
                                      const std::vector<PartitionSafePoint>& points, const CommitHeader& header)>;

  // Called as a claim becomes durable.
  using OnTakeOver = std::function<void(const StartPlan& plan)>;

  FakeSink(
      FakeKafka* kafka, Random* rng, const RunOptions* options, OnCommit on_commit,
      OnTakeOver on_take_over = [](const StartPlan&) {})
      : kafka_(kafka),
        rng_(rng),
        options_(options),
        on_commit_(std::move(on_commit)),
        on_take_over_(std::move(on_take_over)) {}

  Result<int32_t> CountPartitions() override;
  Result<StartState> TakeOver(int32_t partition_count, CommitHeader* header) override;
  Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                      const CommitHeader& header) override;

 private:
  void MakeDurable(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                   const CommitHeader& header);

  FakeKafka* const kafka_;
  Random* const rng_;
  const RunOptions* const options_;
  const OnCommit on_commit_;
  const OnTakeOver on_take_over_;
  bool taken_over_ = false;
};

}  // namespace headcount::test
