#include "common/kafka/version.h"

#include <librdkafka/rdkafka.h>

namespace headcount::kafka {

const char* LibraryVersion() { return rd_kafka_version_str(); }

}  // namespace headcount::kafka
