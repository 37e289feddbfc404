#include "common/distinct_table.h"

#include <algorithm>

#include "common/limits.h"

namespace headcount {
namespace {

// Of `table`'s fingerprints, those that none of tables[0..earlier) holds.
uint64_t CountNew(const std::vector<CountedTable>& tables, size_t earlier, const std::function<void()>& still_at_it) {
  uint64_t count = 0;
  uint64_t looked_at = 0;
  for (const Fingerprint uid : tables[earlier].table) {
    if (uid.empty()) continue;
    if (++looked_at % limits::kUnionBeatUids == 0) still_at_it();
    const bool known = std::any_of(tables.begin(), tables.begin() + static_cast<std::ptrdiff_t>(earlier),
                                   [uid](const CountedTable& other) { return other.table.Contains(uid); });
    if (!known) ++count;
  }
  return count;
}

}  // namespace

// The largest first: its size is known, and only the smaller ones are walked.
uint64_t CountUnion(std::vector<CountedTable> tables, const std::function<void()>& still_at_it) {
  if (tables.empty()) return 0;
  std::sort(tables.begin(), tables.end(), [](const CountedTable& a, const CountedTable& b) { return a.size > b.size; });
  uint64_t count = tables[0].size;
  for (size_t i = 1; i < tables.size(); ++i) {
    if (tables[i].size > 0) count += CountNew(tables, i, still_at_it);
  }
  return count;
}

}  // namespace headcount
