#include "common/records/verdict.h"

#include <algorithm>
#include <numeric>

namespace headcount {
namespace {

// All reasons, the most frequent one first.
std::array<size_t, kInvalidReasons> ByFrequency(const VerdictCounts& counts) {
  std::array<size_t, kInvalidReasons> order;
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&counts](size_t a, size_t b) { return counts.invalid_by_reason[a] > counts.invalid_by_reason[b]; });
  return order;
}

}  // namespace

std::optional<InvalidReason> MostFrequent(const VerdictCounts& counts) {
  const size_t first = ByFrequency(counts).front();
  if (counts.invalid_by_reason[first] == 0) return std::nullopt;
  return static_cast<InvalidReason>(first);
}

std::string ReasonsText(const VerdictCounts& counts) {
  std::string text;
  for (const size_t reason : ByFrequency(counts)) {
    const uint64_t number = counts.invalid_by_reason[reason];
    if (number == 0) break;
    text.append(text.empty() ? "" : ", ").append(std::to_string(number) + " " + kInvalidReasonNames[reason]);
  }
  return text;
}

}  // namespace headcount
