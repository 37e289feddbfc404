// The command with which a user sets a group's offsets by hand. Pure; workers and the writer put it into errors.
#pragma once

#include <string>

namespace headcount {

inline std::string ResetAdvice(const std::string& group, const std::string& input_topic) {
  return "kafka-consumer-groups.sh --bootstrap-server ... --group " + group + " --topic " + input_topic +
         " --reset-offsets --to-earliest --execute";
}

}  // namespace headcount
