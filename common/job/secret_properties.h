// Says which of librdkafka's properties hold secrets. Pure; the coordinator asks it, and so does each process with a
// Kafka client. Their values appear in no message, no log line, no status and no output of --print-config.
#pragma once

#include <string_view>

namespace headcount {

// `key` comes without the prefix consumer. or producer. It is secret if librdkafka hides it in its own dumps, or if its
// name says so. This hides sasl.new.password of a later librdkafka before we know it. A mistyped sasl.pasword is not
// hidden, but librdkafka's error about it shows no value.
bool IsSecretProperty(std::string_view key);

}  // namespace headcount
