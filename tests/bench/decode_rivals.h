// The parsers that decoding is measured against, each behind the same small door. Runs in decode_bench.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace headcount::bench {

struct DecodeRival {
  std::string name;
  // Bytes that a frame's buffer must have behind the frame.
  size_t padding = 0;
  // Parses one frame; false: it is refused. None of them looks for ts and uid: that would only slow them down.
  std::function<bool(std::string_view)> parse;
};

std::vector<DecodeRival> DecodeRivals();
// "RapidJSON 1.1.0, simdjson 3.0.1 (icelake)"
std::string DecodeRivalVersions();

}  // namespace headcount::bench
