#include "coordinator/writer/closing.h"

#include <algorithm>
#include <map>
#include <set>

namespace headcount {

WindowStart SealedByAll(const HandOffs& hand_offs, int32_t partition_count) {
  if (hand_offs.empty()) return WindowStart::Unset();
  std::optional<WindowStart> sealed;
  for (const auto& hand_off : hand_offs) {
    if (!hand_off || hand_off->partition_count != partition_count) return WindowStart::Unset();
    sealed = sealed ? std::min(*sealed, hand_off->sealed_frontier) : hand_off->sealed_frontier;
  }
  return *sealed;
}

bool AllLast(const HandOffs& hand_offs) {
  return std::all_of(hand_offs.begin(), hand_offs.end(),
                     [](const auto& hand_off) { return hand_off && hand_off->last; });
}

bool ClosesAllWindows(const HandOffs& hand_offs, WindowStart frontier) {
  return std::all_of(hand_offs.begin(), hand_offs.end(), [frontier](const auto& hand_off) {
    return !hand_off || hand_off->windows.empty() || hand_off->windows.back().start < frontier;
  });
}

WindowStart BoundedFrontier(const HandOffs& hand_offs, WindowStart frontier, int64_t window_s, size_t max_windows) {
  std::set<WindowStart> closing;
  for (const auto& hand_off : hand_offs) {
    if (!hand_off) continue;
    for (const shm::SealedWindow& window : hand_off->windows) {
      if (window.start < frontier) closing.insert(window.start);
    }
  }
  if (closing.size() <= max_windows) return frontier;
  const WindowStart last = *std::next(closing.begin(), static_cast<std::ptrdiff_t>(max_windows - 1));
  return WindowStart(last.seconds() + window_s);
}

std::vector<CountRecord> MergeWindows(const HandOffs& hand_offs, WindowStart frontier, int64_t window_s,
                                      const std::function<void()>& heartbeat) {
  struct Parts {
    VerdictCounts counts;
    std::vector<SealedTable> tables;
  };
  std::map<WindowStart, Parts> windows;
  for (const auto& hand_off : hand_offs) {
    if (!hand_off) continue;
    for (const shm::SealedWindow& window : hand_off->windows) {
      if (window.start >= frontier) continue;
      Parts& parts = windows[window.start];
      parts.counts += window.counts;
      if (window.table.size() > 0) parts.tables.push_back(window.table);
    }
  }
  std::vector<CountRecord> records;
  for (const auto& [start, parts] : windows) {
    heartbeat();
    records.push_back({start, window_s, CountMerged(parts.tables, heartbeat), parts.counts});
  }
  return records;
}

namespace {

SafePoint SafePointOf(const shm::HandOff& hand_off, const shm::PartitionProgress& progress, WindowStart frontier) {
  const JudgeState* earliest = &progress.rest.state;
  for (const shm::SealedWindow& window : hand_off.windows) {
    if (window.start < frontier) continue;
    for (const shm::FirstContribution& first : window.first_contributions) {
      if (first.partition == progress.partition && Earlier(first.state, *earliest)) earliest = &first.state;
    }
  }
  SafePoint safe{*earliest, {}};
  for (const Decision& decision : progress.rest.decisions) {
    if (decision.offset >= safe.state.offset) safe.decisions.push_back(decision);
  }
  return safe;
}

}  // namespace

std::vector<PartitionSafePoint> SafePoints(const HandOffs& hand_offs, WindowStart frontier) {
  std::vector<PartitionSafePoint> points;
  for (const auto& hand_off : hand_offs) {
    if (!hand_off) continue;
    for (const shm::PartitionProgress& progress : hand_off->partitions) {
      points.push_back({progress.partition, SafePointOf(*hand_off, progress, frontier)});
    }
  }
  return points;
}

}  // namespace headcount
