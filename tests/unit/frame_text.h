// What tests put frames together with. Runs in tests.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace headcount::test {

// What the scanner takes at once, of a frame and of its outline (common/decode/json/scan/README.md).
inline constexpr size_t kBlockBytes = 64;

inline std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

inline std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

// A member of an object, and a comma behind it: `bytes` and four more in the frame's outline, no bracket.
inline std::string LongNumber(size_t bytes) { return "\"\":1" + std::string(bytes, '0') + ","; }

}  // namespace headcount::test
