// Turns the workers' hand-offs into the content of one transaction: the windows that close, their records, and every
// partition's safe point. Pure; runs in the writer.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/types.h"
#include "common/judge/judge_state.h"
#include "common/records/count_record.h"
#include "common/shm/hand_off.h"

namespace headcount {

// The hand-offs of all slots that have partitions, by slot; nothing if a worker has made none (yet).
using HandOffs = std::vector<std::optional<shm::HandOff>>;

// The boundary up to which every worker has sealed. Unset if a worker is missing, or does not know all
// `partition_count` partitions yet.
WindowStart SealedByAll(const HandOffs& hand_offs, int32_t partition_count);

// Whether every worker has made its last hand-off.
bool AllLast(const HandOffs& hand_offs);

// Whether closing up to `frontier` leaves no sealed window behind.
bool ClosesAllWindows(const HandOffs& hand_offs, WindowStart frontier);

// `frontier`, or an earlier boundary, so that at most `max_windows` windows close at once.
WindowStart BoundedFrontier(const HandOffs& hand_offs, WindowStart frontier, int64_t window_s, size_t max_windows);

// Returns one record for each window before `frontier`, ascending. It reads the distinct tables in shared memory and
// does not copy them. It calls `heartbeat` between windows and within large ones.
std::vector<CountRecord> MergeWindows(
    const HandOffs& hand_offs, WindowStart frontier, int64_t window_s, const std::function<void()>& heartbeat = [] {});

struct PartitionSafePoint {
  PartitionId partition;
  SafePoint safe;
};
// The restart points once every window before `frontier` is closed, one for each handed-off partition. Such a point is
// the earliest first contribution to a window that stays open, otherwise the newest judge state. It carries the
// recorded decisions from there on.
std::vector<PartitionSafePoint> SafePoints(const HandOffs& hand_offs, WindowStart frontier);

}  // namespace headcount
