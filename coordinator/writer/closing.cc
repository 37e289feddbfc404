#include "coordinator/writer/closing.h"

#include <algorithm>
#include <map>
#include <set>

namespace headcount {

WindowStart SealedByAll(const Publications& publications, int32_t partition_count) {
  if (publications.empty()) return WindowStart::Unset();
  std::optional<WindowStart> sealed;
  for (const auto& publication : publications) {
    if (!publication || publication->partition_count != partition_count) return WindowStart::Unset();
    sealed = sealed ? std::min(*sealed, publication->sealed_upto) : publication->sealed_upto;
  }
  return *sealed;
}

bool AllLast(const Publications& publications) {
  return std::all_of(publications.begin(), publications.end(),
                     [](const auto& publication) { return publication && publication->last; });
}

bool ClosesAllWindows(const Publications& publications, WindowStart upto) {
  return std::all_of(publications.begin(), publications.end(), [upto](const auto& publication) {
    return !publication || publication->windows.empty() || publication->windows.back().start < upto;
  });
}

WindowStart BoundedUpTo(const Publications& publications, WindowStart upto, int64_t window_s, size_t max_windows) {
  std::set<WindowStart> closing;
  for (const auto& publication : publications) {
    if (!publication) continue;
    for (const shm::SealedWindow& window : publication->windows) {
      if (window.start < upto) closing.insert(window.start);
    }
  }
  if (closing.size() <= max_windows) return upto;
  const WindowStart last = *std::next(closing.begin(), static_cast<std::ptrdiff_t>(max_windows - 1));
  return WindowStart(last.seconds() + window_s);
}

std::vector<CountRecord> MergeWindows(const Publications& publications, WindowStart upto, int64_t window_s,
                                      const std::function<void()>& still_at_it) {
  struct Parts {
    VerdictCounts counts;
    std::vector<SealedTable> tables;
  };
  std::map<WindowStart, Parts> windows;
  for (const auto& publication : publications) {
    if (!publication) continue;
    for (const shm::SealedWindow& window : publication->windows) {
      if (window.start >= upto) continue;
      Parts& parts = windows[window.start];
      parts.counts += window.counts;
      if (window.table.size() > 0) parts.tables.push_back(window.table);
    }
  }
  std::vector<CountRecord> records;
  for (const auto& [start, parts] : windows) {
    still_at_it();
    records.push_back({start, window_s, CountUnion(parts.tables, still_at_it), parts.counts});
  }
  return records;
}

namespace {

SafePoint SafePointOf(const shm::Publication& publication, const shm::Step& step, WindowStart upto) {
  const Point* earliest = &step.rest.point;
  for (const shm::SealedWindow& window : publication.windows) {
    if (window.start < upto) continue;
    for (const shm::FirstPoint& first : window.first_points) {
      if (first.partition == step.partition && Earlier(first.point, *earliest)) earliest = &first.point;
    }
  }
  SafePoint safe{*earliest, {}};
  for (const Move& move : step.rest.moves) {
    if (move.offset >= safe.point.offset) safe.moves.push_back(move);
  }
  return safe;
}

}  // namespace

std::vector<PartitionPoint> SafePoints(const Publications& publications, WindowStart upto) {
  std::vector<PartitionPoint> points;
  for (const auto& publication : publications) {
    if (!publication) continue;
    for (const shm::Step& step : publication->steps) {
      points.push_back({step.partition, SafePointOf(*publication, step, upto)});
    }
  }
  return points;
}

}  // namespace headcount
