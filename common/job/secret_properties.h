// Which of librdkafka's properties hold what nobody but their owner may read. Pure; every process may ask. Their
// values appear in no message, no log line, no status and no output of --print-config.
#pragma once

#include <string_view>

namespace headcount {

// `key` is without consumer. or producer. before it. These are the ones that librdkafka itself hides in its dumps,
// and every other one whose name says so: a mistyped sasl.pasword is left to librdkafka's complaint, which shows no
// value, but sasl.new.password of a later librdkafka is hidden before we know it.
bool IsSecretProperty(std::string_view key);

}  // namespace headcount
