#include "coordinator/writer/kafka_sink.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/base/wakeup.h"
#include "common/job/reset_advice.h"
#include "common/job/selection.h"
#include "common/kafka/cluster.h"
#include "common/kafka/input_identity.h"
#include "common/kafka/obstacle.h"
#include "common/kafka/topic_config.h"
#include "common/log/crash_point.h"
#include "common/log/log.h"
#include "coordinator/text/number_text.h"
#include "coordinator/writer/long_call.h"
#include "coordinator/writer/refused_transaction.h"

namespace headcount {
namespace {

kafka::OffsetQuestion FromQuestion(const StartFrom& from) {
  switch (from.kind) {
    case StartFrom::Kind::kEarliest: return {kafka::OffsetQuestion::Kind::kEarliest, {}};
    case StartFrom::Kind::kLatest: return {kafka::OffsetQuestion::Kind::kLatest, {}};
    case StartFrom::Kind::kTime: return {kafka::OffsetQuestion::Kind::kTime, from.time};
  }
  return {};
}

// The log line shows a person what a minute waited for.
void ShowSteps(size_t records, const CommitHeader& header, const kafka::TransactionResult::Steps& steps) {
  Log(LogAction::kTransactionCommitted,
      "committed upto=" + std::to_string(header.closed_frontier.seconds()) +
          " sequence=" + std::to_string(header.sequence.value()) + " records=" + std::to_string(records) +
          " begun_us=" + std::to_string(steps.begun_us) + " produced_us=" + std::to_string(steps.produced_us) +
          " offsets_us=" + std::to_string(steps.offsets_us) + " committed_us=" + std::to_string(steps.committed_us),
      {{LogLabel::kUpto, header.closed_frontier.seconds()},
       {LogLabel::kSequence, header.sequence.value()},
       {LogLabel::kRecords, records},
       {LogLabel::kBegunUs, steps.begun_us},
       {LogLabel::kProducedUs, steps.produced_us},
       {LogLabel::kOffsetsUs, steps.offsets_us},
       {LogLabel::kCommittedUs, steps.committed_us}});
}

}  // namespace

KafkaSink::KafkaSink(const RunOptions* options, AroundBrokerCall around, std::function<bool()> give_up,
                     int transaction_timeout_ms)
    : options_(options),
      config_(kafka::ClientConfig::From(*options)),
      around_(std::move(around)),
      give_up_(std::move(give_up)),
      transaction_timeout_ms_(transaction_timeout_ms) {}

// --- Start ---------------------------------------------------------------------------------------------------

Result<int32_t> KafkaSink::CountPartitions() {
  if (taken_over_) {
    if (!producer_) return Error{ExitCode::kUnavailable, "not connected"};
    // Without this check a missing output topic would show only with the next record, and then only as a record that
    // was not delivered in time.
    const Result<int32_t> output = kafka::PartitionCount(producer_->handle(), options_->output_topic,
                                                         limits::kWatchTimeoutMs, kafka::TopicUse::kOutput);
    if (!output) return output.error();
    return kafka::PartitionCount(producer_->handle(), options_->input_topic, limits::kWatchTimeoutMs);
  }
  const LongCall call(around_);
  if (Result<void> connected = Connect(); !connected) return connected.error();
  // The reader connects while the producer waits for its answer.
  if (Result<void> made = MakeCommittedReader(); !made) return made.error();
  // The answer about the output topic also gives the producer the topic's metadata.
  const Result<int32_t> output = kafka::PartitionCount(producer_->handle(), options_->output_topic,
                                                       limits::kStartTimeoutMs, kafka::TopicUse::kOutput);
  if (!output) return output.error();
  if (Result<void> fitted = FitBatches(); !fitted) return fitted.error();
  return kafka::PartitionCount(producer_->handle(), options_->input_topic, limits::kStartTimeoutMs);
}

// If the topic takes less than the client's batches, the batches are smaller from the start, so that no transaction
// outgrows what such batches deliver quickly. If the broker does not tell the limit, the first refusal does.
Result<void> KafkaSink::FitBatches() {
  const std::optional<int64_t> takes =
      kafka::TopicNumber(producer_->handle(), options_->output_topic, "max.message.bytes", limits::kTopicConfigMs);
  if (!takes || *takes >= producer_->batch_bytes()) return {};
  batches_.bytes = *takes;
  if (Result<void> connected = Connect(); !connected) return connected;
  const Result<int32_t> known = kafka::PartitionCount(producer_->handle(), options_->output_topic,
                                                      limits::kStartTimeoutMs, kafka::TopicUse::kOutput);
  return known ? Result<void>() : known.error();
}

Result<void> KafkaSink::Connect() {
  Result<std::unique_ptr<kafka::TransactionalProducer>> made =
      kafka::TransactionalProducer::Create(config_, "headcount-" + options_->group, transaction_timeout_ms_, batches_);
  if (!made) return made.error();
  producer_ = std::move(*made);
  return {};
}

Result<void> KafkaSink::MakeCommittedReader() {
  if (committed_reader_) return {};
  Result<kafka::CommittedReader> made = kafka::CommittedReader::Create(config_);
  if (!made) return made.error();
  committed_reader_.emplace(std::move(*made));
  return {};
}

Result<std::vector<kafka::CommittedOffset>> KafkaSink::ReadCommitted(int32_t partition_count, int timeout_ms) {
  if (Result<void> made = MakeCommittedReader(); !made) return made.error();
  Result<std::vector<kafka::CommittedOffset>> points =
      committed_reader_->Read(options_->input_topic, partition_count, timeout_ms);
  if (!points) committed_reader_.reset();
  return points;
}

Result<void> KafkaSink::NewProducer(int timeout_ms) {
  producer_.reset();
  if (Result<void> connected = Connect(); !connected) return connected;
  // The new client must know the topic too, or its first record waits a second. A broker that has just come back may
  // not know the topic yet. The next transaction shows whether the topic is really gone.
  const Result<int32_t> known =
      kafka::PartitionCount(producer_->handle(), options_->output_topic, timeout_ms, kafka::TopicUse::kOutput);
  const bool failed_permanently = !known && producer_->HasFailedPermanently();
  if (!known && (known.error().exit_code == ExitCode::kUnavailable || failed_permanently)) return known.error();
  around_(true);
  return producer_->InitTransactions(timeout_ms);
}

Result<std::vector<Offset>> KafkaSink::ResolveFrom(int32_t partition_count) {
  return kafka::ListOffsets(producer_->handle(), options_->input_topic, partition_count, FromQuestion(options_->from),
                            limits::kStartTimeoutMs);
}

Result<StartFacts> KafkaSink::GatherFacts(int32_t partition_count) {
  StartFacts facts;
  facts.rule = options_->rule;
  facts.selection = HashOf(SelectionText(*options_));
  facts.wall_clock = WallClock();
  facts.group = options_->group;
  facts.input_topic = options_->input_topic;
  facts.output_topic = options_->output_topic;
  Result<std::vector<kafka::CommittedOffset>> committed = ReadCommitted(partition_count, limits::kStartTimeoutMs);
  if (!committed) return committed.error();
  bool all_ours = true;
  for (kafka::CommittedOffset& state : *committed) {
    all_ours = all_ours && !state.metadata.empty();
    facts.committed.push_back({state.offset, std::move(state.metadata)});
  }
  if (all_ours) return facts;
  around_(true);
  // Only a start that finds an offset missing needs to know the newest minute in the output, and where to begin.
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

// The stop offsets of --until-end are the present high watermarks, so that the job waits for open transactions. With
// --leave-open they are the last stable offsets.
Result<void> KafkaSink::FindEnds(StartState* start_state) {
  const kafka::OffsetQuestion end{kafka::OffsetQuestion::Kind::kLatest, {}};
  const auto count = static_cast<int32_t>(start_state->plan.points.size());
  around_(true);
  // The producer's own handle gets only the last stable offsets.
  const Result<kafka::Handle> asker =
      kafka::NewAskingConsumer(config_, kafka::Isolation::kReadUncommitted, kafka::GroupUse::kNone);
  if (!asker) return asker.error();
  const Result<std::vector<Offset>> ends =
      kafka::ListOffsets(asker->get(), options_->input_topic, count, end, limits::kStartTimeoutMs);
  if (!ends) return ends.error();
  start_state->began_empty.resize(ends->size());
  for (size_t p = 0; p < ends->size(); ++p) {
    const Offset first = start_state->plan.points[p].state.offset;
    // No reader would read there, so that none could find the error.
    if ((*ends)[p] < first) return EndsTooSoon(PartitionId(static_cast<int32_t>(p)), (*ends)[p], first);
    start_state->stop_offsets[p] = (*ends)[p];
    start_state->began_empty[p] = (*ends)[p] == Offset(0);
  }
  if (!options_->leave_open) return {};
  around_(true);
  const Result<std::vector<Offset>> stable =
      kafka::ListOffsets(producer_->handle(), options_->input_topic, count, end, limits::kStartTimeoutMs);
  if (!stable) return stable.error();
  for (size_t p = 0; p < stable->size(); ++p) start_state->stop_offsets[p] = std::min((*ends)[p], (*stable)[p]);
  return {};
}

Result<StartState> KafkaSink::TakeOver(int32_t partition_count, CommitHeader* header) {
  const LongCall call(around_);
  if (Result<void> initialised = producer_->InitTransactions(limits::kStartTimeoutMs); !initialised) {
    return Explained(initialised.error());
  }
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  StartPlan changed;
  for (int attempt = 0;; ++attempt) {
    around_(true);  // each question and each transaction may take its whole time
    Result<StartFacts> facts = GatherFacts(partition_count);
    if (!facts) return Explained(facts.error());
    Result<StartPlan> plan = PlanStart(*facts);
    if (!plan) return plan.error();
    // A takeover that was made, though not confirmed, has already changed both.
    if (!changed.rule_before) changed.rule_before = plan->rule_before;
    changed.selection_changed = changed.selection_changed || plan->selection_changed;
    header->closed_frontier = plan->closed_frontier;
    std::vector<PartitionSafePoint> points;
    for (size_t p = 0; p < plan->points.size(); ++p) {
      points.push_back({PartitionId(static_cast<int32_t>(p)), plan->points[p]});
    }
    CrashPoint("writer.claiming");
    around_(true);
    const kafka::Transaction transaction = MakeTransaction({}, points, *header);
    kafka::TransactionResult take_over = producer_->Commit(transaction);
    if (take_over.outcome == kafka::TransactionOutcome::kCommitted) {
      plan->rule_before = changed.rule_before;
      plan->selection_changed = changed.selection_changed;
      StartState start_state{
          std::move(*plan), std::vector<std::optional<Offset>>(static_cast<size_t>(partition_count)), {}};
      run_ = header->run;
      sequence_ = header->sequence;
      partitions_ = partition_count;
      taken_over_ = true;
      around_(true);
      const auto id = kafka::TopicId(producer_->handle(), options_->input_topic, limits::kStartTimeoutMs);
      if (id) topic_id_ = *id;
      if (!options_->until_end) return start_state;
      // Asked before the ends: every frame in time of a window that the wall clock has passed by now lies below the
      // ends asked for later.
      if (!options_->publish_open) start_state.last_boundary = options_->rule.SealableBy(WallClock()).time();
      if (Result<void> found = FindEnds(&start_state); !found) return found.error();
      return start_state;
    }
    Explain(&take_over);
    // No minute depends on a takeover yet. Whether it happened or not, the sink reads the offsets again and takes over
    // again.
    Log(LogAction::kTakeOverUnconfirmed, "the claim was not confirmed (" + take_over.message + "), trying again",
        {{LogLabel::kOutcome, Name(take_over.outcome)}});
    if (give_up_() || MonotonicMs() > deadline) return GivenUp("claiming the job", take_over.message);
    Pause(attempt);
    if (Result<void> again = NewProducer(limits::kStartTimeoutMs); !again) return Explained(again.error());
    if (Result<void> may = MayTryAgain(transaction, take_over); !may) return may.error();
  }
}

// --- Commit --------------------------------------------------------------------------------------------------

kafka::Transaction KafkaSink::MakeTransaction(const std::vector<CountRecord>& records,
                                              const std::vector<PartitionSafePoint>& points,
                                              const CommitHeader& header) const {
  kafka::Transaction transaction;
  transaction.output_topic = options_->output_topic;
  transaction.input_topic = options_->input_topic;
  for (const CountRecord& record : records) transaction.records.push_back({KeyText(record), ValueText(record)});
  for (const PartitionSafePoint& state : points) {
    transaction.offsets.push_back({state.partition, state.safe.state.offset, ToText(header, state.safe)});
  }
  return transaction;
}

Result<void> KafkaSink::Commit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                               const CommitHeader& header) {
  const kafka::Transaction transaction = MakeTransaction(records, points, header);
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  for (int attempt = 0;; ++attempt) {
    CrashPoint("writer.committing");
    const kafka::TransactionResult tried = Try(transaction);
    CrashPoint("writer.committed");
    Happened happened = Happened::kYes;
    if (tried.outcome != kafka::TransactionOutcome::kCommitted) {
      Log(LogAction::kTransactionUnclear,
          std::string("a transaction ended ") + Name(tried.outcome) + " (" + tried.message +
              "): asking Kafka what happened",
          {{LogLabel::kOutcome, Name(tried.outcome)}});
      Result<Happened> found = FindOut(header, tried, static_cast<int32_t>(points.size()));
      if (!found) return found.error();
      happened = *found;
      const char* const had = happened == Happened::kYes ? "happened" : "not happened";
      Log(LogAction::kTransactionSettled, std::string("that transaction had ") + had, {{LogLabel::kOutcome, had}});
    }
    if (happened == Happened::kYes) {
      ShowSteps(records.size(), header, tried.steps);
      sequence_ = header.sequence;
      partitions_ = static_cast<int32_t>(points.size());
      return {};
    }
    if (Result<void> may = MayTryAgain(transaction, tried); !may) return may;
    if (give_up_() || MonotonicMs() > deadline) return GivenUp("committing", tried.message);
    Pause(attempt);
  }
}

// Called after a transaction that has not happened. Decides by the error's class whether another attempt may succeed,
// and prepares that attempt.
Result<void> KafkaSink::MayTryAgain(const kafka::Transaction& transaction, const kafka::TransactionResult& failed) {
  const LongCall call(around_);
  switch (failed.error_class) {
    case kafka::ErrorClass::kHumanNeeded: return RefusedPermanently(*producer_, transaction, failed);
    case kafka::ErrorClass::kTryAgain: return Error{ExitCode::kTryAgain, failed.message};
    case kafka::ErrorClass::kSmallerBatches: {
      const auto smaller = SmallerBatches(*producer_, transaction, failed, batches_);
      if (!smaller) return RefusedPermanently(*producer_, transaction, failed);
      batches_ = *smaller;
      const Result<void> again = NewProducer(limits::kReconnectTimeoutMs);
      // If no broker answers any more, the next attempt reports it.
      return again || again.error().exit_code == ExitCode::kUnavailable ? Result<void>() : again;
    }
    case kafka::ErrorClass::kForeign:
    case kafka::ErrorClass::kRetry:
    case kafka::ErrorClass::kStartOver:
    case kafka::ErrorClass::kMissing: break;
  }
  if (Result<void> there = AwaitOutputTopic(); !there) return there;
  // The output topic exists, so another one is missing: a commit does not wait until the input topic comes back.
  if (failed.error_class == kafka::ErrorClass::kMissing) return RefusedPermanently(*producer_, transaction, failed);
  return {};
}

// The reason why transactions do not get through. Nothing if the brokers that answer do not know it, or if the job is
// to end.
std::optional<std::string> KafkaSink::Obstacle() const {
  if (give_up_() || !producer_ || producer_->handle() == nullptr) return std::nullopt;
  const LongCall call(around_);
  return kafka::FindObstacle(producer_->handle(),
                             {options_->output_topic, options_->group, producer_->transactional_id()},
                             limits::kObstacleMs);
}

// Puts that reason before the client's message, which mostly says only that its time was up.
void KafkaSink::Explain(kafka::TransactionResult* failed) const {
  if (failed->outcome == kafka::TransactionOutcome::kCommitted) return;
  if (failed->error_class != kafka::ErrorClass::kRetry) return;
  if (const auto obstacle = Obstacle()) failed->message = *obstacle + " (" + failed->message + ")";
}

// Replaces the client's message, which names the configured brokers although all of them may answer.
Error KafkaSink::Explained(Error failure) const {
  if (failure.exit_code != ExitCode::kUnavailable) return failure;
  if (auto obstacle = Obstacle()) failure.message = std::move(*obstacle);
  return failure;
}

// For the client, records for a deleted topic are no error: they wait until their time is up. An error here means that
// the topic has stayed unknown longer than a broker that has just started needs to learn of it.
Result<void> KafkaSink::AwaitOutputTopic() {
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

kafka::TransactionResult KafkaSink::Try(const kafka::Transaction& transaction) {
  kafka::TransactionResult result;
  {
    const LongCall call(around_);
    result = producer_->Commit(transaction);
  }
  Explain(&result);
  return result;
}

// Drops the client, takes the transactional id again (which ends any open transaction) and reads the committed offsets.
// After a fencing it reads them first, so that it does not fence a successor.
Result<KafkaSink::Happened> KafkaSink::FindOut(const CommitHeader& header, const kafka::TransactionResult& unclear,
                                               int32_t partition_count) {
  producer_.reset();
  committed_reader_.reset();  // it may wait before it connects again; a new reader connects at once
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
    failure = Explained(failure);
    if (failure.exit_code != ExitCode::kUnavailable) return failure;
    if (give_up_() || MonotonicMs() > deadline) return GivenUp("asking what happened", failure.message);
    Log(LogAction::kTransactionUnclear, "cannot find out yet what happened (" + failure.message + "), asking again",
        {{LogLabel::kOutcome, "not known yet"}});
    Pause(attempt);
  }
}

// The committed offsets are from this transaction, from the one before it, or from another program.
Result<KafkaSink::Happened> KafkaSink::Compare(const CommitHeader& header, int32_t partition_count, bool* ours) {
  Result<std::vector<kafka::CommittedOffset>> committed = ReadCommitted(partition_count, limits::kReconnectTimeoutMs);
  if (!committed) return committed.error();
  std::optional<CommitHeader> unconfirmed;
  for (const kafka::CommittedOffset& state : *committed) {
    if (!state.offset) continue;  // added to the topic since, and not committed before this transaction
    const Result<CommitMetadata> read = ParseCommitMetadata(state.metadata);
    if (!read)
      return Error{ExitCode::kHumanNeeded,
                   "somebody else commits under group " + options_->group + ": " + read.error().message};
    if (unconfirmed && !(*unconfirmed == read->header)) {
      return Error{ExitCode::kHumanNeeded, "the committed offsets of group " + options_->group +
                                               " are of different transactions: somebody else commits under it"};
    }
    unconfirmed = read->header;
  }
  *ours = unconfirmed && unconfirmed->run == run_;
  if (!*ours) return TakenOver(unconfirmed ? unconfirmed->run : RunId());
  if (unconfirmed->sequence == header.sequence) return Happened::kYes;
  if (unconfirmed->sequence == sequence_) return Happened::kNo;
  return Error{ExitCode::kHumanNeeded, "group " + options_->group + " holds transaction " +
                                           std::to_string(unconfirmed->sequence.value()) + " of our run, expected " +
                                           std::to_string(sequence_.value()) + ": were the offsets changed by hand?"};
}

// --- Trying again ---------------------------------------------------------------------------------------------

// A headcount that took over commits its takeover at once; this waits a moment for that commit.
Result<void> KafkaSink::AwaitSuccessor(const CommitHeader& header, int32_t partition_count) {
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

// The pause between two attempts, short at first and longer with each attempt.
void KafkaSink::Pause(int attempt) const {
  around_(false);
  WaitReadable({}, std::min(limits::kMaxRetryPauseMs, limits::kFirstRetryPauseMs << std::min(attempt, 10)));
}

Error KafkaSink::GivenUp(const std::string& doing, const std::string& why) const {
  if (give_up_()) return {ExitCode::kTryAgain, "gave up " + doing + ", because the job is to end: " + why};
  return {ExitCode::kTryAgain, "gave up " + doing + " after " + std::to_string(limits::kBrokerLostMs / 1000) +
                                   " s without a working broker: " + why};
}

Error KafkaSink::EndsTooSoon(PartitionId p, Offset end, Offset wanted) const {
  return {ExitCode::kHumanNeeded,
          "partition " + std::to_string(p.value()) + " of " + options_->input_topic + " ends at offset " +
              std::to_string(end.value()) + ", before offset " + std::to_string(wanted.value()) + " that group " +
              options_->group + " is to read next: the topic was made anew, or the broker lost records, or somebody " +
              "set the offsets; to start over, " + ResetAdvice(options_->group, options_->input_topic)};
}

Error KafkaSink::TakenOver(RunId by) const {
  if (by == RunId()) {
    return {ExitCode::kHumanNeeded, "the committed offsets of group " + options_->group +
                                        " are gone: were they deleted by hand, or the topic? To go on from the " +
                                        "beginning, " + ResetAdvice(options_->group, options_->input_topic)};
  }
  return {ExitCode::kHumanNeeded, "another headcount took over group " + options_->group + " (run " + RunText(by) +
                                      "): this one has published nothing since, and ends"};
}

}  // namespace headcount
