// The properties of librdkafka as a user gives them: -X KEY=VALUE, X.KEY = VALUE in a config file, HEADCOUNT_X_KEY.
// Pure but for the file of a secret, which is read by what the surroundings pass in. Runs in the coordinator.
//
// A value may be a password: no message here repeats one.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

// What `given` (an X, its value KEY=VALUE) means. A secret's KEY_file names the file that holds it (kHumanNeeded if it
// cannot be had: the option is right, the host is not).
Result<KafkaProperty> ParseProperty(const Given& given, const Surroundings& host);

// "sasl.password" for sasl.password_file; empty for whatever names no file of a secret.
std::string_view SecretOfFile(std::string_view key);

// Two texts KEY=VALUE with the same identity set the same property of the same clients.
std::string_view PropertyIdentity(std::string_view text);

}  // namespace headcount
