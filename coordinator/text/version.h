// Gives the text that `headcount --version` prints. Runs in the coordinator, before anything else.
#pragma once

#include <string>

namespace headcount {

// The version of headcount itself, as "1.0.0".
std::string Version();
// The versions of headcount, librdkafka, RapidJSON and Boost, a line each.
std::string VersionText();

}  // namespace headcount
