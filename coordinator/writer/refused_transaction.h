// Decides what follows a transaction that Kafka has refused: smaller batches, or an error that names the topic, the
// limit, and what to type. Runs in the writer.
#pragma once

#include <optional>

#include "common/base/result.h"
#include "common/kafka/batch_limit.h"
#include "common/kafka/transactional_producer.h"

namespace headcount {

// `producer` need not be the refused one; it asks for the topic's limit, for a few seconds at most. Returns nothing if
// no batch could be smaller.
std::optional<kafka::BatchLimit> SmallerBatches(const kafka::TransactionalProducer& producer,
                                                const kafka::Transaction& transaction,
                                                const kafka::TransactionResult& refused,
                                                const kafka::BatchLimit& limit);

// kHumanNeeded, with the reason.
Error RefusedPermanently(const kafka::TransactionalProducer& producer, const kafka::Transaction& transaction,
                         const kafka::TransactionResult& refused);

}  // namespace headcount
