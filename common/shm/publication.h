// A publication, as values: what a worker hands over each time it raises sealed-up-to, and what the writer
// reads of it. The bytes between are in layout.h.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/base/types.h"
#include "common/judge/point.h"
#include "common/records/verdict.h"
#include "common/sets/sealed_table.h"

namespace headcount::shm {

// One partition: where the rest begins, that is all that no window of the same publication holds.
struct Step {
  PartitionId partition;
  Offset position;
  EventTime watermark;
  SafePoint rest;  // the oldest first contribution to an unsealed window, else now; all moves not forgotten
};

struct FirstPoint {
  PartitionId partition;
  Point point;  // before the first contribution of that partition to the window
};

struct SealedWindow {
  WindowStart start;
  VerdictCounts counts;
  SealedTable table;
  std::vector<FirstPoint> first_points;
};

struct Publication {
  Generation generation;
  WindowStart sealed_upto;
  int32_t partition_count = 0;  // of the topic, as the worker knew it
  bool last = false;            // no further publication comes
  std::vector<Step> steps;
  std::vector<SealedWindow> windows;  // sealed, not yet closed; ascending
};

// --- For the worker: values into a slice --------------------------------------------------------------------
uint64_t BytesOf(const Point& point);
uint64_t BytesOf(const SealedWindow& window);
void Store(char* at, Generation generation, const SealedWindow& window);

// A window the worker has sealed and stored at `at`.
struct StoredWindow {
  WindowStart start;
  uint64_t at = 0;
};
uint64_t BytesOf(const std::vector<StoredWindow>& windows, const std::vector<Step>& steps);
// `publication.windows` is not looked at: the windows are stored already.
void Store(char* at, const Publication& publication, const std::vector<StoredWindow>& windows);

// --- For the writer: values out of a slice ------------------------------------------------------------------
// `bytes` is a private copy of a publication. Reads the windows not before `closed_upto` in the slice itself.
// Damage is a broken invariant: the CHECK names what was read.
Publication LoadPublication(const std::vector<char>& bytes, const char* slice_begin, uint64_t slice_bytes,
                            WindowStart closed_upto);

}  // namespace headcount::shm
