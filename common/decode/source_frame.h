// A frame from a source. Kafka's client library or a file owns the bytes. Runs in the workers.
#pragma once

#include <string_view>

#include "common/base/types.h"

namespace headcount {

struct SourceFrame {
  Offset offset;
  std::string_view bytes;
  bool has_value = true;  // false: a Kafka record without a value; bytes are empty then
};

}  // namespace headcount
