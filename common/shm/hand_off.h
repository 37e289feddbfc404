// A hand-off as values: what a worker hands over each time it raises its sealed frontier, and what the writer reads.
// The worker stores it into its slice and the writer loads it; layout.h describes the bytes between.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/types.h"
#include "common/judge/judge_state.h"
#include "common/records/verdict.h"
#include "common/sets/sealed_table.h"

namespace headcount::shm {

// The progress of one partition: where everything begins that no window of the same hand-off holds.
struct PartitionProgress {
  PartitionId partition;
  Offset position;
  EventTime watermark;
  SafePoint rest;  // the oldest first contribution to an unsealed window, else the state now; all decisions kept
};

struct FirstContribution {
  PartitionId partition;
  JudgeState state;  // before the partition's first contribution to the window
};

struct SealedWindow {
  WindowStart start;
  VerdictCounts counts;
  SealedTable table;
  std::vector<FirstContribution> first_contributions;
};

struct HandOff {
  Generation generation;
  WindowStart sealed_frontier;
  int32_t partition_count = 0;  // of the topic, as the worker knew it
  bool last = false;            // the worker hands over nothing after it
  std::vector<PartitionProgress> partitions;
  std::vector<SealedWindow> windows;  // sealed, not yet closed; ascending
};

// --- For the worker: values into a slice --------------------------------------------------------------------
uint64_t BytesOf(const JudgeState& state);
uint64_t BytesOf(const SealedWindow& window);
void Store(char* at, Generation generation, const SealedWindow& window);

// A window that the worker has sealed, and stored at `at` bytes from the beginning of its slice.
struct StoredWindow {
  WindowStart start;
  uint64_t at = 0;
};
uint64_t BytesOf(const std::vector<StoredWindow>& windows, const std::vector<PartitionProgress>& partitions);
// Ignores `hand_off.windows`: the worker has stored those windows already.
void Store(char* at, const HandOff& hand_off, const std::vector<StoredWindow>& windows);

// --- For the writer: values out of a slice ------------------------------------------------------------------
// `bytes` is the writer's private copy of a hand-off. Reads the windows at or after `closed_frontier` in the slice
// itself. Damage is a broken invariant: the CHECK names what was read.
HandOff LoadHandOff(const std::vector<char>& bytes, const char* slice_begin, uint64_t slice_bytes,
                    WindowStart closed_frontier);

}  // namespace headcount::shm
