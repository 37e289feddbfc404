// What `headcount --version` prints. Runs in the coordinator, before anything else.
#pragma once

#include <string>

namespace headcount {

// Of headcount itself, as "1.0.0".
std::string Version();
// headcount's own version and those of librdkafka, RapidJSON and Boost, a line each.
std::string VersionText();

}  // namespace headcount
