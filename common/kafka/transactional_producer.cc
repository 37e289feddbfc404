#include "common/kafka/transactional_producer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/kafka/deadline.h"
#include "common/kafka/errors.h"
#include "common/kafka/offsets_call.h"
#include "common/log/crash_point.h"

namespace headcount::kafka {
namespace {

using Clock = std::chrono::steady_clock;

// 1,000 partitions with 3,000 bytes of metadata each fail in one request; 250 in a request pass.
constexpr size_t kPartitionsARequest = 250;
// How long a full local queue may take to drain before the producer gives up the transaction.
constexpr std::chrono::seconds kQueueFullLimit{10};
constexpr int kQueueFullPollMs = 50;

// The broker finishes a transaction some milliseconds after its answer, and refuses the next one's offsets until then.
// By default the client asks again only after 100 ms. It gives up none of a transaction's requests because of their
// number.
constexpr int kRetryBackoffMs = 10;
// From 2.3.0 on the pause doubles with each try, by default up to a second.
constexpr int kRetryBackoffMaxMs = 100;

// The client demands that both are at most the transaction's timeout. The records must fail well before it.
constexpr int MessageTimeoutMs(int transaction_timeout_ms) { return transaction_timeout_ms * 2 / 3; }
constexpr int SocketTimeoutMs(int transaction_timeout_ms) { return std::min(10'000, transaction_timeout_ms); }

// The user's pause stands, even if it is longer.
Settings RetryBound(const ClientConfig& config) {
  for (const KafkaProperty& property : config.properties) {
    if (property.key == "retry.backoff.ms") return {};
  }
  return {{"retry.backoff.max.ms", std::to_string(kRetryBackoffMaxMs)}};
}

TransactionResult Success() {
  TransactionResult result;
  result.outcome = TransactionOutcome::kCommitted;
  return result;
}

bool IsFencing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

void Append(rd_kafka_topic_partition_list_t* list, const std::string& topic, const OffsetToCommit& commit) {
  rd_kafka_topic_partition_t* const entry =
      rd_kafka_topic_partition_list_add(list, topic.c_str(), commit.partition.value());
  entry->offset = commit.offset.value();
  if (commit.metadata.empty()) return;
  // librdkafka frees it with the list.
  entry->metadata = malloc(commit.metadata.size());
  if (entry->metadata == nullptr) return;
  memcpy(entry->metadata, commit.metadata.data(), commit.metadata.size());
  entry->metadata_size = commit.metadata.size();
}

KafkaError Enqueue(rd_kafka_t* handle, const std::string& topic, const OutputRecord& record) {
  std::array<rd_kafka_vu_t, 4> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = RD_KAFKA_MSG_F_COPY;
  // The casts: librdkafka copies the bytes and changes nothing.
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  fields[2].u.mem.ptr = const_cast<char*>(record.key.data());
  fields[2].u.mem.size = record.key.size();
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[3].u.mem.ptr = const_cast<char*>(record.value.data());
  fields[3].u.mem.size = record.value.size();
  return KafkaError(rd_kafka_produceva(handle, fields.data(), fields.size()));
}

// The time since `since`, in microseconds. Sets `since` to now.
int64_t TakeUs(Clock::time_point* since) {
  const Clock::time_point before = std::exchange(*since, Clock::now());
  return std::chrono::duration_cast<std::chrono::microseconds>(*since - before).count();
}

int64_t ConfNumber(const rd_kafka_conf_t* conf, const char* key) {
  char text[32] = "";
  size_t size = sizeof text;
  return rd_kafka_conf_get(conf, key, text, &size) == RD_KAFKA_CONF_OK ? strtoll(text, nullptr, 10) : 0;
}

// Never more than -X allows.
Settings SettingsFor(const BatchLimit& batches, const rd_kafka_conf_t* conf) {
  Settings settings;
  if (batches.one_record) settings.emplace_back("batch.num.messages", "1");
  if (batches.bytes > 0) {
    settings.emplace_back("batch.size", std::to_string(std::min(batches.bytes, ConfNumber(conf, "batch.size"))));
  }
  return settings;
}

bool IsQueueFull(const KafkaError& error) {
  return error != nullptr && rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

}  // namespace

const char* Name(TransactionOutcome outcome) {
  switch (outcome) {
    case TransactionOutcome::kCommitted: return "committed";
    case TransactionOutcome::kFenced: return "fenced";
    case TransactionOutcome::kUnknown: return "unknown";
  }
  return "?";
}

TransactionalProducer::TransactionalProducer(std::string group, std::string transactional_id,
                                             int transaction_timeout_ms, std::shared_ptr<Deliveries> deliveries,
                                             Handle handle)
    : group_(std::move(group)),
      transactional_id_(std::move(transactional_id)),
      transaction_timeout_ms_(transaction_timeout_ms),
      deliveries_(std::move(deliveries)),
      handle_(std::move(handle)) {}

Result<std::unique_ptr<TransactionalProducer>> TransactionalProducer::Create(const ClientConfig& config,
                                                                             const std::string& transactional_id,
                                                                             int transaction_timeout_ms,
                                                                             const BatchLimit& batches) {
  Result<Conf> conf = BuildConf(config, Role::kProducer,
                                {{"linger.ms", "0"},
                                 {"retry.backoff.ms", std::to_string(kRetryBackoffMs)},
                                 {"message.timeout.ms", std::to_string(MessageTimeoutMs(transaction_timeout_ms))},
                                 {"socket.timeout.ms", std::to_string(SocketTimeoutMs(transaction_timeout_ms))}},
                                {{"transactional.id", transactional_id},
                                 {"enable.idempotence", "true"},
                                 {"acks", "all"},
                                 {"transaction.timeout.ms", std::to_string(transaction_timeout_ms)}},
                                RetryBound(config));
  if (!conf.ok()) return conf.error();
  if (Result<void> set = SetAll(conf->get(), SettingsFor(batches, conf->get())); !set) return set.error();
  auto deliveries = std::make_shared<Deliveries>();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), &TransactionalProducer::OnDelivery);
  Result<Handle> handle = NewHandle(Role::kProducer, std::move(conf.value()), {deliveries.get()});
  if (!handle.ok()) return handle.error();
  return std::unique_ptr<TransactionalProducer>(new TransactionalProducer(
      config.group, transactional_id, transaction_timeout_ms, std::move(deliveries), std::move(handle.value())));
}

Result<void> TransactionalProducer::InitTransactions(int timeout_ms) {
  const KafkaError error(rd_kafka_init_transactions(handle_.get(), timeout_ms));
  if (error == nullptr) return {};
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  Error failed = QuestionFailed(handle_.get(), "take over the transactional id", code, Right::OfId(transactional_id_));
  if (!IsForbidden(code)) failed.message += std::string(" (") + rd_kafka_error_string(error.get()) + ")";
  return failed;
}

TransactionResult TransactionalProducer::Commit(const Transaction& transaction) {
  *deliveries_ = Deliveries{};
  const Deadline deadline(transaction_timeout_ms_);
  TransactionResult::Steps steps;
  Clock::time_point since = Clock::now();
  if (rd_kafka_error_t* error = rd_kafka_begin_transaction(handle_.get())) return Failure("begin", transaction, error);
  steps.begun_us = TakeUs(&since);
  TransactionResult result = Produce(transaction);
  if (result.outcome != TransactionOutcome::kCommitted) return result;
  steps.produced_us = TakeUs(&since);
  CrashPoint("writer.records_produced");
  result = SendOffsets(transaction, deadline);
  if (result.outcome != TransactionOutcome::kCommitted) return result;
  steps.offsets_us = TakeUs(&since);
  CrashPoint("writer.offsets_sent");
  // Not -1: librdkafka would then ask without end if the answers are lost. A commit that we give up may still be under
  // way, which is why the outcome is kUnknown. The writer takes the transactional id before it asks what happened, and
  // that ends the commit.
  if (rd_kafka_error_t* error = rd_kafka_commit_transaction(handle_.get(), deadline.remaining_ms())) {
    return Failure("commit", transaction, error);
  }
  steps.committed_us = TakeUs(&since);
  result.steps = steps;
  if (deliveries_->failed > 0 || deliveries_->delivered != transaction.records.size()) {
    return {TransactionOutcome::kUnknown,
            "the transaction was committed, but only " + std::to_string(deliveries_->delivered) + " of " +
                std::to_string(transaction.records.size()) + " records were acknowledged: " + deliveries_->failure,
            deliveries_->error_class,
            deliveries_->code,
            false,
            steps};
  }
  return result;
}

TransactionResult TransactionalProducer::Produce(const Transaction& transaction) {
  const Clock::time_point deadline = Clock::now() + kQueueFullLimit;
  for (const OutputRecord& record : transaction.records) {
    KafkaError error = Enqueue(handle_.get(), transaction.output_topic, record);
    while (IsQueueFull(error) && Clock::now() < deadline) {
      rd_kafka_poll(handle_.get(), kQueueFullPollMs);
      error = Enqueue(handle_.get(), transaction.output_topic, record);
    }
    if (error == nullptr) continue;
    TransactionResult refused =
        Failure(("produce to topic " + transaction.output_topic).c_str(), transaction, error.release());
    refused.refused_by_client = refused.error_class == ErrorClass::kSmallerBatches;
    return refused;
  }
  return Success();
}

TransactionResult TransactionalProducer::SendOffsets(const Transaction& transaction, const Deadline& deadline) {
  const std::vector<OffsetToCommit>& offsets = transaction.offsets;
  for (size_t first = 0; first < offsets.size(); first += kPartitionsARequest) {
    const size_t last = std::min(first + kPartitionsARequest, offsets.size());
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(last - first)));
    for (size_t i = first; i < last; ++i) Append(list.get(), transaction.input_topic, offsets[i]);
    const int timeout_ms = deadline.remaining_ms();
    OffsetsCall call(handle_.get(), group_, std::move(list), timeout_ms);
    if (!call.Ends(timeout_ms + limits::kSendOffsetsGraceMs)) return LeaveClient(&call);
    if (KafkaError error = call.TakeError()) return Failure("send offsets", transaction, error.release());
  }
  return Success();
}

// After this the writer can ask this client nothing, and none of its callbacks runs.
TransactionResult TransactionalProducer::LeaveClient(OffsetsCall* call) {
  TransactionResult result;
  result.message =
      "cannot send offsets in the transaction: a coordinator is not reached, and librdkafka does not end "
      "the call; its client is left behind";
  result.error_class = ErrorClass::kRetry;
  result.code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  call->Leave(std::move(deliveries_), std::move(handle_));
  return result;
}

int64_t TransactionalProducer::batch_bytes() const {
  const rd_kafka_conf_t* const conf = rd_kafka_conf(handle_.get());
  return std::min(ConfNumber(conf, "batch.size"), ConfNumber(conf, "message.max.bytes"));
}

bool TransactionalProducer::HasFailedPermanently() {
  return ConnectionErrors::Of(handle_.get()).PermanentFailure(handle_.get()).has_value();
}

// The right that is missing, or an empty text. To commit offsets of a topic the user needs the right to read it; all
// other errors are about writing.
std::string TransactionalProducer::MissingRight(const Transaction& transaction, int code, bool of_offsets) const {
  switch (code) {
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return Missing(Right::OfGroup(group_));
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return Missing(Right::OfId(transactional_id_));
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return Missing(of_offsets ? Right::Read(transaction.input_topic) : Right::Write(transaction.output_topic));
    default: return "";
  }
}

TransactionResult TransactionalProducer::Failure(const char* attempted, const Transaction& transaction,
                                                 rd_kafka_error_s* owned_error) {
  const KafkaError error(owned_error);
  rd_kafka_poll(handle_.get(), 0);  // for the delivery reports, which may say more
  char fatal_text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle_.get(), fatal_text, sizeof fatal_text);
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());

  TransactionResult result;
  result.outcome = IsFencing(code) || IsFencing(fatal) ? TransactionOutcome::kFenced : TransactionOutcome::kUnknown;
  const bool by_delivery = deliveries_->error_class > ClassOf(code);
  result.error_class = by_delivery ? deliveries_->error_class : ClassOf(code);
  result.code = by_delivery ? deliveries_->code : code;
  if (by_delivery) {  // all that failed here only followed from that
    result.message = "cannot " + std::string(attempted) + " in the transaction";
  } else {
    result.message = std::string("cannot ") + attempted + " in the transaction: " + rd_kafka_error_string(error.get()) +
                     " (" + rd_kafka_err2name(code) + ")";
  }
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) result.message += std::string("; fatal: ") + fatal_text;
  const bool of_offsets = !by_delivery && std::string_view(rd_kafka_error_string(error.get())).find("commit offsets") !=
                                              std::string_view::npos;
  if (const std::string missing = MissingRight(transaction, result.code, of_offsets); !missing.empty())
    result.message += "; " + missing;
  if (deliveries_->failed > 0) {
    result.message += "; " + std::to_string(deliveries_->failed) + " records were not delivered to topic " +
                      transaction.output_topic + ": " + deliveries_->failure;
  }
  return result;
}

void TransactionalProducer::OnDelivery(rd_kafka_s* /*handle*/, const rd_kafka_message_s* message, void* opaque) {
  auto* const deliveries = static_cast<Deliveries*>(static_cast<ConnectionErrors*>(opaque)->owner());
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++deliveries->delivered;
    return;
  }
  ++deliveries->failed;
  // librdkafka dropped most of the others only because of the first.
  if (deliveries->code != 0 && ClassOf(message->err) <= deliveries->error_class) return;
  deliveries->error_class = ClassOf(message->err);
  deliveries->code = message->err;
  deliveries->failure = std::string(rd_kafka_err2str(message->err)) + " (" + rd_kafka_err2name(message->err) + ")";
}

}  // namespace headcount::kafka
