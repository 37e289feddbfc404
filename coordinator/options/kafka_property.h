// Reads the properties of librdkafka as a user gives them: -X KEY=VALUE, X.KEY = VALUE in a config file,
// HEADCOUNT_X_KEY. Pure but for the file of a secret, which the host environment reads. Runs in the coordinator.
//
// A value may be a password, so no message here repeats one.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

// Takes an X option with its value KEY=VALUE, and gives the property. A secret's KEY_file names the file that holds it.
// If that file cannot be read, the error is kHumanNeeded, because the option is right and the host is not.
Result<KafkaProperty> ParseProperty(const ParsedOption& given, const HostEnvironment& host);

// "sasl.password" for sasl.password_file; empty for a key that names no file of a secret.
std::string_view SecretOfFile(std::string_view key);

// Two texts KEY=VALUE with the same identity set the same property of the same clients.
std::string_view PropertyIdentity(std::string_view text);

}  // namespace headcount
