#include "coordinator/writer/kafka_outlet.h"

#include <algorithm>

#include "common/crash_point.h"
#include "common/kafka/cluster.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/selection.h"
#include "common/wakeup.h"
#include "coordinator/number_text.h"

namespace headcount {
namespace {

// Says that a call may block for long, for as long as it lives.
class LongCall {
 public:
  explicit LongCall(const KafkaOutlet::AroundBrokerCall& around) : around_(around) { around_(true); }
  ~LongCall() { around_(false); }

 private:
  const KafkaOutlet::AroundBrokerCall& around_;
};

kafka::OffsetQuestion FromQuestion(const StartFrom& from) {
  switch (from.kind) {
    case StartFrom::Kind::kEarliest: return {kafka::OffsetQuestion::Kind::kEarliest, {}};
    case StartFrom::Kind::kLatest: return {kafka::OffsetQuestion::Kind::kLatest, {}};
    case StartFrom::Kind::kTime: return {kafka::OffsetQuestion::Kind::kTime, from.time};
  }
  return {};
}

// For a person who asks what a minute waited for.
void ShowSteps(size_t records, const CommitHeader& header, const kafka::TransactionResult::Steps& steps) {
  Log(LogAction::kTransactionCommitted,
      "committed upto=" + std::to_string(header.closed_upto.seconds()) +
          " sequence=" + std::to_string(header.sequence.value()) + " records=" + std::to_string(records) +
          " begun_us=" + std::to_string(steps.begun_us) + " produced_us=" + std::to_string(steps.produced_us) +
          " offsets_us=" + std::to_string(steps.offsets_us) + " committed_us=" + std::to_string(steps.committed_us),
      {{LogLabel::kUpto, header.closed_upto.seconds()},
       {LogLabel::kSequence, header.sequence.value()},
       {LogLabel::kRecords, records},
       {LogLabel::kBegunUs, steps.begun_us},
       {LogLabel::kProducedUs, steps.produced_us},
       {LogLabel::kOffsetsUs, steps.offsets_us},
       {LogLabel::kCommittedUs, steps.committed_us}});
}

}  // namespace

KafkaOutlet::KafkaOutlet(const RunOptions* options, AroundBrokerCall around, std::function<bool()> give_up)
    : options_(options),
      config_(kafka::ClientConfig::From(*options)),
      around_(std::move(around)),
      give_up_(std::move(give_up)) {}

// --- Start ---------------------------------------------------------------------------------------------------

Result<int32_t> KafkaOutlet::CountPartitions() {
  if (claimed_) {
    if (!producer_) return Error{ExitCode::kUnavailable, "not connected"};
    // Without this nobody would miss it before a record was due, and then only as a record that was not taken in time.
    const Result<int32_t> output = kafka::PartitionCount(producer_->handle(), options_->output_topic,
                                                         limits::kWatchTimeoutMs, kafka::TopicUse::kOutput);
    if (!output) return output.error();
    return kafka::PartitionCount(producer_->handle(), options_->input_topic, limits::kWatchTimeoutMs);
  }
  const LongCall call(around_);
  if (Result<void> connected = Connect(); !connected) return connected.error();
  // It connects while the producer is asked.
  if (Result<void> made = MakeCommittedReader(); !made) return made.error();
  // The answer about the output topic also warms the producer up for it.
  const Result<int32_t> output = kafka::PartitionCount(producer_->handle(), options_->output_topic,
                                                       limits::kStartTimeoutMs, kafka::TopicUse::kOutput);
  if (!output) return output.error();
  return kafka::PartitionCount(producer_->handle(), options_->input_topic, limits::kStartTimeoutMs);
}

Result<void> KafkaOutlet::Connect() {
  Result<std::unique_ptr<kafka::TransactionalProducer>> made =
      kafka::TransactionalProducer::Create(config_, "headcount-" + options_->group);
  if (!made) return made.error();
  producer_ = std::move(*made);
  return {};
}

Result<void> KafkaOutlet::MakeCommittedReader() {
  if (committed_reader_) return {};
  Result<kafka::CommittedReader> made = kafka::CommittedReader::Create(config_);
  if (!made) return made.error();
  committed_reader_.emplace(std::move(*made));
  return {};
}

Result<std::vector<kafka::CommittedPoint>> KafkaOutlet::ReadCommitted(int32_t partition_count, int timeout_ms) {
  if (Result<void> made = MakeCommittedReader(); !made) return made.error();
  Result<std::vector<kafka::CommittedPoint>> points =
      committed_reader_->Read(options_->input_topic, partition_count, timeout_ms);
  if (!points) committed_reader_.reset();
  return points;
}

Result<void> KafkaOutlet::NewProducer(int timeout_ms) {
  producer_.reset();
  if (Result<void> connected = Connect(); !connected) return connected;
  // The topic must be known to the new client too, or its first record waits a second. A broker that has just come
  // back may not know it yet itself: whether it is really gone, the next transaction tells.
  const Result<int32_t> known =
      kafka::PartitionCount(producer_->handle(), options_->output_topic, timeout_ms, kafka::TopicUse::kOutput);
  const bool asks_in_vain = !known && producer_->IsTurnedAway();
  if (!known && (known.error().exit_code == ExitCode::kUnavailable || asks_in_vain)) return known.error();
  around_(true);
  return producer_->InitTransactions(timeout_ms);
}

Result<std::vector<Offset>> KafkaOutlet::ResolveFrom(int32_t partition_count) {
  return kafka::ListOffsets(producer_->handle(), options_->input_topic, partition_count, FromQuestion(options_->from),
                            limits::kStartTimeoutMs);
}

Result<StartFacts> KafkaOutlet::GatherFacts(int32_t partition_count) {
  StartFacts facts;
  facts.rule = options_->rule;
  facts.selection = HashOf(SelectionText(*options_));
  facts.wall_clock = WallClock();
  facts.group = options_->group;
  facts.input_topic = options_->input_topic;
  facts.output_topic = options_->output_topic;
  Result<std::vector<kafka::CommittedPoint>> committed = ReadCommitted(partition_count, limits::kStartTimeoutMs);
  if (!committed) return committed.error();
  bool all_ours = true;
  for (kafka::CommittedPoint& point : *committed) {
    all_ours = all_ours && !point.metadata.empty();
    facts.committed.push_back({point.offset, std::move(point.metadata)});
  }
  if (all_ours) return facts;
  around_(true);
  // Only a start that finds something missing needs to know what is in the output, and where to begin.
  const auto is_minute = [window_s = options_->rule.window_s](int64_t key) {
    return key >= 0 && key < limits::kFirstMillisTs && key % window_s == 0;
  };
  const Result<std::optional<int64_t>> newest =
      kafka::NewestKey(config_, options_->output_topic, is_minute, limits::kStartTimeoutMs);
  if (!newest) return newest.error();
  if (newest->has_value()) facts.newest_minute = WindowStart(**newest);
  around_(true);
  Result<std::vector<Offset>> from = ResolveFrom(partition_count);
  if (!from) return from.error();
  facts.from = std::move(*from);
  return facts;
}

Result<Standing> KafkaOutlet::Claim(int32_t partition_count, CommitHeader* header) {
  const LongCall call(around_);
  if (Result<void> initialised = producer_->InitTransactions(limits::kStartTimeoutMs); !initialised) {
    return initialised.error();
  }
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  StartPlan changed;
  for (int attempt = 0;; ++attempt) {
    around_(true);  // each question and each transaction may take its whole time
    Result<StartFacts> facts = GatherFacts(partition_count);
    if (!facts) return facts.error();
    Result<StartPlan> plan = PlanStart(*facts);
    if (!plan) return plan.error();
    // A claim that was made after all, though not confirmed, has changed both already.
    if (!changed.rule_before) changed.rule_before = plan->rule_before;
    changed.selection_changed = changed.selection_changed || plan->selection_changed;
    header->closed_upto = plan->closed_upto;
    std::vector<PartitionPoint> points;
    for (size_t p = 0; p < plan->points.size(); ++p) {
      points.push_back({PartitionId(static_cast<int32_t>(p)), plan->points[p]});
    }
    CrashPoint("writer.claiming");
    around_(true);
    const kafka::TransactionResult claim = producer_->Commit(MakeTransaction({}, points, *header));
    if (claim.outcome == kafka::TransactionOutcome::kCommitted) {
      plan->rule_before = changed.rule_before;
      plan->selection_changed = changed.selection_changed;
      Standing standing{std::move(*plan), std::vector<std::optional<Offset>>(static_cast<size_t>(partition_count))};
      run_ = header->run;
      sequence_ = header->sequence;
      partitions_ = partition_count;
      claimed_ = true;
      if (!options_->until_end) return standing;
      around_(true);
      const Result<std::vector<Offset>> ends =
          kafka::ListOffsets(producer_->handle(), options_->input_topic, partition_count,
                             {kafka::OffsetQuestion::Kind::kLatest, {}}, limits::kStartTimeoutMs);
      if (!ends) return ends.error();
      for (size_t p = 0; p < ends->size(); ++p) {
        const Offset first = standing.plan.points[p].point.offset;
        // Nothing would be read there, so that no reader could find out.
        if ((*ends)[p] < first) return EndsTooSoon(PartitionId(static_cast<int32_t>(p)), (*ends)[p], first);
        standing.until[p] = (*ends)[p];
      }
      return standing;
    }
    // Nothing depends on a claim yet: whether it happened or not, look again and claim again.
    Log(LogAction::kClaimUnconfirmed, "the claim was not confirmed (" + claim.message + "), trying again",
        {{LogLabel::kOutcome, Name(claim.outcome)}});
    if (claim.permanent) return Error{ExitCode::kHumanNeeded, "Kafka refuses the claim: " + claim.message};
    if (give_up_() || MonotonicMs() > deadline) return GivenUp("claiming the job", claim.message);
    Pause(attempt);
    if (Result<void> again = NewProducer(limits::kStartTimeoutMs); !again) return again.error();
  }
}

// --- Commit --------------------------------------------------------------------------------------------------

kafka::Transaction KafkaOutlet::MakeTransaction(const std::vector<CountRecord>& records,
                                                const std::vector<PartitionPoint>& points,
                                                const CommitHeader& header) const {
  kafka::Transaction transaction;
  transaction.output_topic = options_->output_topic;
  transaction.input_topic = options_->input_topic;
  for (const CountRecord& record : records) transaction.records.push_back({KeyText(record), ValueText(record)});
  for (const PartitionPoint& point : points) {
    transaction.offsets.push_back({point.partition, point.safe.point.offset, ToText(header, point.safe)});
  }
  return transaction;
}

Result<void> KafkaOutlet::Commit(const std::vector<CountRecord>& records, const std::vector<PartitionPoint>& points,
                                 const CommitHeader& header) {
  const kafka::Transaction transaction = MakeTransaction(records, points, header);
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  for (int attempt = 0;; ++attempt) {
    CrashPoint("writer.committing");
    const Result<kafka::TransactionResult> tried = Try(transaction);
    if (!tried) return tried.error();
    CrashPoint("writer.committed");
    Happened happened = Happened::kYes;
    if (tried->outcome != kafka::TransactionOutcome::kCommitted) {
      Log(LogAction::kTransactionUnclear,
          std::string("a transaction ended ") + Name(tried->outcome) + " (" + tried->message +
              "): asking Kafka what happened",
          {{LogLabel::kOutcome, Name(tried->outcome)}});
      Result<Happened> found = FindOut(header, *tried, static_cast<int32_t>(points.size()));
      if (!found) return found.error();
      happened = *found;
      const char* const had = happened == Happened::kYes ? "happened" : "not happened";
      Log(LogAction::kTransactionSettled, std::string("that transaction had ") + had, {{LogLabel::kOutcome, had}});
    }
    if (happened == Happened::kYes) {
      ShowSteps(records.size(), header, tried->steps);
      sequence_ = header.sequence;
      partitions_ = static_cast<int32_t>(points.size());
      return {};
    }
    if (tried->permanent) {
      return Error{ExitCode::kHumanNeeded, "Kafka refuses what is to be committed: " + tried->message};
    }
    if (Result<void> there = AwaitOutputTopic(); !there) return there;
    if (give_up_() || MonotonicMs() > deadline) return GivenUp("committing", tried->message);
    Pause(attempt);
  }
}

// Records for a topic that has been deleted are no error to the client: they wait until their time is up. An error here
// says that the topic has been unknown for as long as a broker that has just started may not know it.
Result<void> KafkaOutlet::AwaitOutputTopic() {
  const LongCall call(around_);
  const int64_t deadline = MonotonicMs() + limits::kMissingTopicMs;
  for (;;) {
    const Result<int32_t> there = kafka::PartitionCount(producer_->handle(), options_->output_topic,
                                                        limits::kWatchTimeoutMs, kafka::TopicUse::kOutput);
    if (there || there.error().exit_code != ExitCode::kHumanNeeded || give_up_()) return {};
    if (MonotonicMs() > deadline) return there.error();
    WaitReadable({}, limits::kIdleWaitMs);
  }
}

Result<kafka::TransactionResult> KafkaOutlet::Try(const kafka::Transaction& transaction) {
  const LongCall call(around_);
  return producer_->Commit(transaction);
}

// Drops the client, takes the transactional id again (which ends whatever was open) and reads what Kafka
// holds. Only after a fencing it looks first, so that it does not throw out whoever took over.
Result<KafkaOutlet::Happened> KafkaOutlet::FindOut(const CommitHeader& header, const kafka::TransactionResult& unclear,
                                                   int32_t partition_count) {
  producer_.reset();
  committed_reader_.reset();  // it may wait to connect again, where a new one connects at once
  if (unclear.outcome == kafka::TransactionOutcome::kFenced) {
    if (Result<void> alone = AwaitSuccessor(header, partition_count); !alone) return alone.error();
  }
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  for (int attempt = 0;; ++attempt) {
    Error failure{ExitCode::kTryAgain, ""};
    {
      const LongCall call(around_);
      if (Result<void> again = NewProducer(limits::kReconnectTimeoutMs); !again) {
        failure = again.error();
      } else {
        bool ours = true;
        Result<Happened> happened = Compare(header, partition_count, &ours);
        if (happened.ok()) return happened;
        failure = happened.error();
      }
    }
    if (failure.exit_code != ExitCode::kUnavailable) return failure;
    if (give_up_() || MonotonicMs() > deadline) return GivenUp("asking what happened", failure.message);
    Pause(attempt);
  }
}

// What Kafka holds is either this transaction, or the one before it, or somebody else's.
Result<KafkaOutlet::Happened> KafkaOutlet::Compare(const CommitHeader& header, int32_t partition_count, bool* ours) {
  Result<std::vector<kafka::CommittedPoint>> committed = ReadCommitted(partition_count, limits::kReconnectTimeoutMs);
  if (!committed) return committed.error();
  std::optional<CommitHeader> held;
  for (const kafka::CommittedPoint& point : *committed) {
    if (!point.offset) continue;  // added to the topic since, and not committed before this transaction
    const Result<CommittedPoint> read = ParsePointText(point.metadata);
    if (!read)
      return Error{ExitCode::kHumanNeeded,
                   "somebody else commits under group " + options_->group + ": " + read.error().message};
    if (held && !(*held == read->header)) {
      return Error{ExitCode::kHumanNeeded, "the committed offsets of group " + options_->group +
                                               " are of different transactions: somebody else commits under it"};
    }
    held = read->header;
  }
  *ours = held && held->run == run_;
  if (!*ours) return TakenOver(held ? held->run : RunId());
  if (held->sequence == header.sequence) return Happened::kYes;
  if (held->sequence == sequence_) return Happened::kNo;
  return Error{ExitCode::kHumanNeeded, "group " + options_->group + " holds transaction " +
                                           std::to_string(held->sequence.value()) + " of our run, expected " +
                                           std::to_string(sequence_.value()) + ": were the offsets changed by hand?"};
}

// --- A stranger's commits ------------------------------------------------------------------------------------

// Offsets of a group can be set by whoever names it, transaction or not: a tool, or a consumer of the same name. Left
// as they are they would pass for offsets reset by hand at the next start.
Result<bool> KafkaOutlet::PointsStand() {
  Result<std::vector<kafka::CommittedPoint>> committed = ReadCommitted(partitions_, limits::kWatchTimeoutMs);
  if (!committed) return Error{ExitCode::kUnavailable, committed.error().message};
  for (size_t p = 0; p < committed->size(); ++p) {
    const kafka::CommittedPoint& point = (*committed)[p];
    const Result<CommittedPoint> read = ParsePointText(point.metadata);
    if (read.ok() && read->header.run != run_) return TakenOver(read->header.run);
    if (read.ok() && read->header.sequence == sequence_) continue;
    LogStranger(PartitionId(static_cast<int32_t>(p)), point.offset);
    return false;
  }
  return true;
}

void KafkaOutlet::LogStranger(PartitionId p, const std::optional<Offset>& offset) const {
  Log(LogAction::kOffsetsChanged,
      "somebody else has " +
          (offset ? "committed offset " + std::to_string(offset->value()) : std::string("deleted the offset")) +
          " of partition " + std::to_string(p.value()) + " of " + options_->input_topic + " under group " +
          options_->group + ": headcount sets its own again; give the other program another group (to set " +
          "offsets by hand, stop headcount first)",
      {{LogLabel::kTopic, options_->input_topic},
       {LogLabel::kGroup, options_->group},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kOffset, offset ? std::optional<int64_t>(offset->value()) : std::nullopt}});
}

// A headcount that took over commits its claim at once. Gives it a moment to do so.
Result<void> KafkaOutlet::AwaitSuccessor(const CommitHeader& header, int32_t partition_count) {
  const int64_t deadline = MonotonicMs() + limits::kSuccessorMs;
  do {
    const LongCall call(around_);
    bool ours = true;
    const Result<Happened> happened = Compare(header, partition_count, &ours);
    if (!ours) return happened.error();
    WaitReadable({}, limits::kIdleWaitMs);
  } while (MonotonicMs() < deadline && !give_up_());
  return {};
}

// Between two attempts: soon at first, then less and less often.
void KafkaOutlet::Pause(int attempt) const {
  around_(false);
  WaitReadable({}, std::min(limits::kMaxRetryPauseMs, limits::kFirstRetryPauseMs << std::min(attempt, 10)));
}

Error KafkaOutlet::GivenUp(const std::string& doing, const std::string& why) const {
  if (give_up_()) return {ExitCode::kTryAgain, "gave up " + doing + ", because the job is to end: " + why};
  return {ExitCode::kTryAgain, "gave up " + doing + " after " + std::to_string(limits::kBrokerLostMs / 1000) +
                                   " s without a working broker: " + why};
}

Error KafkaOutlet::EndsTooSoon(PartitionId p, Offset end, Offset wanted) const {
  return {ExitCode::kHumanNeeded,
          "partition " + std::to_string(p.value()) + " of " + options_->input_topic + " ends at offset " +
              std::to_string(end.value()) + ", before offset " + std::to_string(wanted.value()) + " that group " +
              options_->group + " is to read next: the topic was made anew, or the broker lost records, or somebody " +
              "set the offsets; to start over, " + ResetAdvice(options_->group, options_->input_topic)};
}

Error KafkaOutlet::TakenOver(RunId by) const {
  if (by == RunId()) {
    return {ExitCode::kHumanNeeded, "the committed offsets of group " + options_->group +
                                        " are gone: were they deleted by hand, or the topic?"};
  }
  return {ExitCode::kHumanNeeded, "another headcount took over group " + options_->group + " (run " + RunText(by) +
                                      "): this one has published nothing since, and ends"};
}

}  // namespace headcount
