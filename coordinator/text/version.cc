#include "coordinator/text/version.h"

#include <rapidjson/rapidjson.h>

#include <boost/version.hpp>

#include "common/kafka/version.h"

namespace headcount {

std::string Version() { return HEADCOUNT_VERSION; }

std::string VersionText() {
  const std::string boost = std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) +
                            "." + std::to_string(BOOST_VERSION % 100);
  return "headcount " + Version() + "\nlibrdkafka " + kafka::LibraryVersion() + "\nRapidJSON " +
         RAPIDJSON_VERSION_STRING + "\nBoost " + boost + "\n";
}

}  // namespace headcount
