// From what the workers have published to what one transaction holds: which windows close, their records, and
// every partition's safe point. Pure; runs in the writer.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/types.h"
#include "common/judge/point.h"
#include "common/records/count_record.h"
#include "common/shm/publication.h"

namespace headcount {

// The publications of all slots that have partitions, by slot; nothing where a worker has none (yet).
using Publications = std::vector<std::optional<shm::Publication>>;

// The boundary up to which every worker has sealed. Unset: a worker is missing, or does not know all
// `partition_count` partitions yet.
WindowStart SealedByAll(const Publications& publications, int32_t partition_count);

// Whether every worker has made its last publication.
bool AllLast(const Publications& publications);

// Whether closing up to `upto` leaves no sealed window behind.
bool ClosesAllWindows(const Publications& publications, WindowStart upto);

// `upto`, or an earlier boundary, so that at most `max_windows` windows close at once.
WindowStart BoundedUpTo(const Publications& publications, WindowStart upto, int64_t window_s, size_t max_windows);

// One record for each window before `upto`, ascending. Reads the distinct tables where they lie. `still_at_it` is
// called between windows and within large ones.
std::vector<CountRecord> MergeWindows(
    const Publications& publications, WindowStart upto, int64_t window_s,
    const std::function<void()>& still_at_it = [] {});

struct PartitionPoint {
  PartitionId partition;
  SafePoint safe;
};
// Where replays start once everything before `upto` is closed: for each published partition the earliest
// first contribution to a window that stays, else the newest point; with the moves from there on.
std::vector<PartitionPoint> SafePoints(const Publications& publications, WindowStart upto);

}  // namespace headcount
