// What becomes of a transaction that Kafka has refused: smaller batches, or a sentence for a person, who is told the
// topic, the limit, and what to type. Runs in the writer.
#pragma once

#include <optional>

#include "common/base/result.h"
#include "common/kafka/batch_limit.h"
#include "common/kafka/transactional_producer.h"

namespace headcount {

// `producer` need not be the one that was refused; it asks the topic what it takes, for a few seconds at most.
// Nothing: no batch could be smaller.
std::optional<kafka::BatchLimit> SmallerBatches(const kafka::TransactionalProducer& producer,
                                                const kafka::Transaction& transaction,
                                                const kafka::TransactionResult& refused,
                                                const kafka::BatchLimit& limit);

// kHumanNeeded, and why.
Error RefusedForGood(const kafka::TransactionalProducer& producer, const kafka::Transaction& transaction,
                     const kafka::TransactionResult& refused);

}  // namespace headcount
