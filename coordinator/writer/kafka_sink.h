// Commits records to the output topic and safe points to the group's offsets, in one transaction each time. If the
// broker's answer is not a plain yes, it finds out what happened. Runs in the writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "common/job/run_options.h"
#include "common/kafka/client_config.h"
#include "common/kafka/committed.h"
#include "common/kafka/transactional_producer.h"
#include "coordinator/writer/record_sink.h"

namespace headcount {

class KafkaSink final : public RecordSink {
 public:
  // Called before (true) and after (false) every call that may block as long as a transaction may.
  using AroundBrokerCall = std::function<void(bool inside)>;

  // `give_up` is asked between attempts whether to stop trying (the job drains, or the coordinator is gone).
  // `transaction_timeout_ms` is shorter only in a test that waits for a transaction which cannot go well.
  KafkaSink(const RunOptions* options, AroundBrokerCall around, std::function<bool()> give_up,
            int transaction_timeout_ms = kafka::TransactionalProducer::kTransactionTimeoutMs);

  Result<int32_t> CountPartitions() override;
  Result<StartState> TakeOver(int32_t partition_count, CommitHeader* header) override;
  Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                      const CommitHeader& header) override;
  int64_t LingerMs() const override { return limits::kLingerMs; }
  size_t WindowsPerTransaction() const override {
    return kafka::RecordsWithin(batches_, limits::kWindowsPerTransaction);
  }
  Result<OffsetsSeen> LookAtOffsets() override;
  Result<bool> InputIsAnother(const std::vector<PlacedMark>& marks) override;

 private:
  // Whether a transaction of ours happened, by the committed offsets.
  enum class Happened { kYes, kNo };

  Result<void> Connect();
  Result<void> FitBatches();
  Result<void> MakeCommittedReader();
  Result<std::vector<kafka::CommittedOffset>> ReadCommitted(int32_t partition_count, int timeout_ms);
  Result<void> NewProducer(int timeout_ms);
  Result<StartFacts> GatherFacts(int32_t partition_count);
  Result<std::vector<Offset>> ResolveFrom(int32_t partition_count);
  Result<void> FindEnds(StartState* start_state);
  kafka::TransactionResult Try(const kafka::Transaction& transaction);
  Result<Happened> FindOut(const CommitHeader& header, const kafka::TransactionResult& unclear,
                           int32_t partition_count);
  Result<Happened> Compare(const CommitHeader& header, int32_t partition_count, bool* ours);
  bool HasAnotherId() const;
  void LogForeignCommit(PartitionId p, const std::optional<Offset>& offset) const;
  Result<void> AwaitSuccessor(const CommitHeader& header, int32_t partition_count);
  kafka::Transaction MakeTransaction(const std::vector<CountRecord>& records,
                                     const std::vector<PartitionSafePoint>& points, const CommitHeader& header) const;
  Result<void> MayTryAgain(const kafka::Transaction& transaction, const kafka::TransactionResult& failed);
  Result<void> AwaitOutputTopic();
  std::optional<std::string> Obstacle() const;
  void Explain(kafka::TransactionResult* failed) const;
  Error Explained(Error failure) const;
  void Pause(int attempt) const;
  Error GivenUp(const std::string& doing, const std::string& why) const;
  Error EndsTooSoon(PartitionId p, Offset end, Offset wanted) const;
  Error TakenOver(RunId by) const;

  const RunOptions* options_;
  const kafka::ClientConfig config_;
  const AroundBrokerCall around_;
  const std::function<bool()> give_up_;
  const int transaction_timeout_ms_;
  std::unique_ptr<kafka::TransactionalProducer> producer_;
  kafka::BatchLimit batches_;                               // by the topic's limit, or as learned from refusals
  std::optional<kafka::CommittedReader> committed_reader_;  // dropped after each call that it did not answer
  std::optional<std::string> topic_id_;  // of the input; nothing: the library or the cluster has no ids
  bool taken_over_ = false;
  // Of the last transaction that is known to have happened. The run is unset before the takeover.
  RunId run_;
  Sequence sequence_;
  int32_t partitions_ = 0;
};

}  // namespace headcount
