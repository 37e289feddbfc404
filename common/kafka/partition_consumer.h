// A consumer that reads each partition through a queue of its own, so that one that is not read holds up no
// other. Workers read through it (worker/kafka_frame_source.h has the rules; this is the shell).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/client_config.h"
#include "common/kafka/handles.h"
#include "common/result.h"
#include "common/types.h"

namespace headcount::kafka {

class PartitionConsumer;

}  // namespace headcount::kafka
