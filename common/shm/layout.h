// The bytes that the processes of a job share. Every process maps them; only the views beside this file touch them.
//
// The first word of a field's name is the one process that stores it. Every process may load it. A field marked GUARD
// is stored with release after the data that it speaks of, and loaded with acquire before them.
//
//   JobData | SlotData[slots] | PartitionData[kMaxPartitions] | slice of slot 0 | slice of slot 1 | ...
//
// A slice belongs to its worker. It holds the distinct tables and, once the worker has handed them over, for the
// writer:
//   a hand-off: HandOffData, WindowRef[window_count], then per partition PartitionProgressData, its state and decisions
//   a sealed window: SealedWindowData, then per partition its state, then the names of the blocks
//   a state: JudgeStateData, UnconfirmedData[unconfirmed_count], RuleChangeData[change_count]
// A position in a slice is a distance in bytes from its beginning. The shared memory holds no address.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "common/base/duration_histogram.h"
#include "common/base/limits.h"
#include "common/records/rejected_frames.h"
#include "common/records/verdict.h"

namespace headcount::shm {

inline constexpr uint64_t kMagic = 0x31746e756f636468;  // "hdcount1"
inline constexpr uint32_t kLayoutVersion = 4;

template <typename T>
using Shared = std::atomic<T>;
static_assert(Shared<uint64_t>::is_always_lock_free && Shared<int64_t>::is_always_lock_free &&
                  Shared<int32_t>::is_always_lock_free && Shared<uint32_t>::is_always_lock_free,
              "a lock in shared memory would outlive the process that holds it");

// The four numbers, for the status file and the metrics. Readers do not load them together: each is right by itself.
struct SharedCounts {
  Shared<uint64_t> counted;
  Shared<uint64_t> late;
  Shared<uint64_t> future;
  Shared<uint64_t> invalid_by_reason[kInvalidReasons];
};

// For the metrics.
struct SharedDurations {
  Shared<uint64_t> counts[kDurationBuckets];
  Shared<uint64_t> sum_us;
};

// A committed record, for the status file.
struct RecentMinuteData {
  Shared<int64_t> start;
  Shared<uint64_t> users;
  SharedCounts counts;
  Shared<int64_t> published_at_ms;  // wall clock
};

enum class WriterState : uint32_t {
  kStarting,   // the writer asks the cluster
  kCounted,    // the writer knows the partition count: the coordinator may fork workers, and they may connect
  kTakenOver,  // the safe points and closed_frontier are committed under our run: workers may read
  kDone,       // the writer has committed everything that this run publishes
};

struct alignas(64) JobData {
  // Fixed before the first fork.
  uint64_t coordinator_magic;
  uint32_t coordinator_version;
  uint32_t coordinator_slots;
  uint64_t coordinator_slice_bytes;

  Shared<uint32_t> coordinator_draining;  // 1: read no more, publish what can be closed, exit

  alignas(64) Shared<uint32_t> writer_state;  // WriterState; GUARD for all below and for every writer_metadata
  Shared<int32_t> writer_partition_count;     // GUARD for the PartitionData below it; only grows
  Shared<int64_t> writer_closed_frontier;     // GUARD: the records of all windows before it are committed
  Shared<uint64_t> writer_run;
  Shared<uint64_t> writer_sequence;
  Shared<int64_t> writer_heartbeat_ms;        // CLOCK_MONOTONIC
  Shared<uint32_t> writer_in_broker_call;     // 1: inside a call that may last as long as a transaction may
  Shared<uint64_t> writer_minutes_published;  // GUARD for the minutes below
  // Minute n, counted from 0, has index n % kRecentMinuteEntries. writer_minutes_begun is one more than the number of
  // the last minute whose store has begun.
  Shared<uint64_t> writer_minutes_begun;
  RecentMinuteData writer_recent_minutes[limits::kRecentMinuteEntries];
  // --until-end of a topic: the run closes no window that ends after this. The wall clock had not passed those windows
  // when the writer asked for the stop offsets. Forever: the run closes all windows.
  Shared<int64_t> writer_last_boundary;
  SharedCounts writer_published;               // verdicts in records committed since this start
  SharedDurations writer_transactions;         // of this writer, retries included
  Shared<int64_t> writer_committing_since_ms;  // CLOCK_MONOTONIC; 0: the writer is not committing
  Shared<uint64_t> writer_lost_records;        // of topics that were deleted and created again
};

// Event times are not negative, so no low watermark has this value.
inline constexpr int64_t kNoFinalLowWatermark = -1;

// Two hand-offs take turns. The writer may copy number n while the worker stores n + 1 at the other index. It keeps the
// copy only if the worker has not begun n + 2 meanwhile.
struct HandOffAddress {
  Shared<uint64_t> worker_at;
  Shared<uint64_t> worker_bytes;
};

struct FramePlaceData {
  Shared<int64_t> offset;  // -1: none
  Shared<int32_t> partition;
};

// A description of the first frame that was invalid for a reason. A generation stores it once and does not change it. A
// later generation overwrites it only after the coordinator has raised the generation, which tells every reader that
// the text is void.
struct FirstInvalidData {
  Shared<uint64_t> worker_generation;  // GUARD: the generation that wrote the rest; not the slot's: no text
  uint32_t worker_bytes;
  char worker_text[limits::kShapeTextBytes];
};

struct alignas(64) SlotData {
  Shared<uint64_t> coordinator_generation;  // raised when a worker has died; 0: never started
  Shared<uint64_t> writer_acknowledged;     // the writer uses nothing of generations below it
  SharedCounts writer_closed;               // the part of that generation's worker_judged that is committed since

  alignas(64) Shared<uint64_t> worker_generation;  // GUARD: every worker_ field of this slot is of this generation
  Shared<int32_t> worker_partition_count;          // of the topic, as this worker knows it
  Shared<int64_t> worker_heartbeat_ms;             // CLOCK_MONOTONIC
  Shared<int64_t> worker_latest_end;               // of the windows that the worker has opened
  Shared<int64_t> worker_low_watermark;            // slowest watermark of its partitions that are not idle
  Shared<int64_t> worker_final_low_watermark;      // one that stays so in this run, or kNoFinalLowWatermark
  Shared<int64_t> worker_sealed_frontier;
  Shared<uint32_t> worker_wants_low_watermark;  // 1: waits; a worker that moves its low watermark wakes it
  Shared<int64_t> worker_overdue_end;  // of the newest window it has opened that the wall clock has passed; or Unset
  // CLOCK_MONOTONIC, 0: never. When this slot saw all partitions of the job idle, and when a record came here after
  // that. Both outlive their worker: they speak of the job, and other workers may not have looked yet.
  Shared<int64_t> worker_asleep_ms;
  Shared<int64_t> worker_woken_ms;

  Shared<uint64_t> worker_hand_off_begun;  // number of the last hand-off that the worker began
  Shared<uint64_t> worker_hand_off_done;   // GUARD: this hand-off is complete
  HandOffAddress worker_hand_off[2];       // number n has index n % 2

  // The frame in the decoder, so that the coordinator can find poison. -1: none.
  alignas(64) Shared<int64_t> worker_decoding_offset;
  Shared<int32_t> worker_decoding_partition;

  // For the status file and the metrics.
  Shared<uint64_t> worker_records;
  Shared<uint64_t> worker_record_bytes;
  Shared<uint64_t> worker_memory_bytes;
  Shared<uint64_t> worker_lost_records;
  Shared<uint64_t> worker_open_windows;  // sealed ones included, until they are closed
  Shared<uint64_t> worker_open_users;
  SharedDurations worker_batches;
  SharedCounts worker_unattributed;  // verdicts without a window yet
  SharedCounts worker_judged;        // verdicts in windows that were not closed when this generation began
  // The last frame of each kind, stored again and again. Complete while the numbers begun and done are equal.
  Shared<uint64_t> worker_rejected_begun;
  Shared<uint64_t> worker_rejected_done;
  FramePlaceData worker_rejected[kRejectedKinds];
  Shared<uint64_t> worker_tombstones;  // records without a value that the worker skipped under --tombstones=ignore
  FirstInvalidData worker_first_invalid[kInvalidReasons];
};

enum class IdleReason : uint32_t { kNone, kSilent, kAtEnd, kEmpty, kMaxHold };
// Why a partition at its end holds back the low watermark, besides its own last record.
enum class HoldReason : uint32_t { kNone, kLeaderAway, kLeaderReturned, kJobWoken };
enum class ReadingState : uint32_t { kUnknown, kReading, kCaughtUp, kAhead };

struct alignas(64) PartitionData {
  Shared<int64_t> writer_stop_offset;  // --until-end: the offset to stop at; -1: none
  Shared<int64_t> writer_safe_offset;  // as committed; -1: nothing is committed
  uint32_t writer_metadata_bytes;      // of writer_metadata, which the writer stores and a starting worker reads
  char writer_metadata[limits::kMaxMetadataBytes];  // stored only while no worker reads it (see writer_view.h)
  Shared<uint32_t> writer_began_empty;  // 1: writer_stop_offset is 0, and no transaction is open there either

  // For the status file.
  alignas(64) Shared<uint32_t> worker_shown;  // GUARD: a worker has stored the fields below
  Shared<int64_t> worker_position;            // -1: not known
  Shared<int64_t> worker_end;                 // -1: not known
  Shared<int64_t> worker_watermark;           // EventTime; Unset: none
  Shared<uint32_t> worker_unconfirmed;
  Shared<uint32_t> worker_idle_reason;          // IdleReason
  Shared<uint32_t> worker_reading;              // ReadingState
  Shared<uint32_t> worker_hold_reason;          // HoldReason
  Shared<uint64_t> worker_invalid_in_a_row;     // its newest records, if all are invalid; 0: the newest is valid
  Shared<uint32_t> worker_invalid_reason;       // of the newest of these
  Shared<int64_t> worker_open_transaction_end;  // high watermark behind the one at worker_position; -1: none
  // For the writer: a record that a worker read here. Complete while the numbers begun and done are equal; 0: none yet.
  Shared<uint64_t> worker_mark_begun;
  Shared<uint64_t> worker_mark_done;
  Shared<int64_t> worker_mark_offset;
  Shared<uint64_t> worker_mark_hash;
};

// --- In a slice ---------------------------------------------------------------------------------------------
// The worker stores these before worker_hand_off_done, and does not change them before their windows are closed.

struct UnconfirmedData {
  int64_t offset;
  int64_t score;
};

struct RuleChangeData {
  int64_t from;
  int64_t lateness_s;
  int64_t max_jump_s;
};

struct JudgeStateData {
  int64_t offset;
  int64_t watermark;
  uint64_t unattributed_future;
  uint64_t unattributed_invalid[kInvalidReasons];
  int32_t partition;
  uint32_t idle_here;
  uint64_t unconfirmed_count;  // UnconfirmedData[unconfirmed_count] follow
  int64_t lateness_s;          // -1: unknown
  int64_t max_jump_s;
  int64_t late_before;
  uint64_t change_count;  // RuleChangeData[change_count] follow
};

struct DecisionData {
  int64_t offset;
  int64_t passed_frontier;
  int64_t wall_clock;
  uint64_t kind;
};

struct PartitionProgressData {
  int64_t position;  // of the judge
  int64_t watermark;
  uint64_t decision_count;
  // The judge state of the rest follows, then DecisionData[decision_count].
};

struct WindowRef {
  int64_t window_start;
  uint64_t at;  // SealedWindowData
};

struct HandOffData {
  uint64_t generation;
  int64_t sealed_frontier;
  int32_t partition_count;  // of the topic, as the worker knows it
  uint32_t last;            // 1: this worker hands over nothing more (it has read all, or drains)
  uint64_t window_count;    // sealed and not yet closed, ascending
  uint64_t progress_count;
};

struct SealedWindowData {
  uint64_t generation;
  int64_t window_start;
  uint64_t counted;
  uint64_t late;
  uint64_t future;
  uint64_t invalid_by_reason[kInvalidReasons];
  uint64_t users;
  uint64_t block_bytes;  // of each block of the table
  uint64_t block_count;
  uint64_t first_contribution_count;
  // JudgeStateData follow, first_contribution_count of them, then uint32_t[block_count]: see DistinctTable::blocks().
};

static_assert(std::is_standard_layout_v<JobData> && std::is_standard_layout_v<SlotData> &&
                  std::is_standard_layout_v<PartitionData>,
              "what several processes map must have a fixed layout");
static_assert(std::is_trivially_copyable_v<JudgeStateData> && std::is_trivially_copyable_v<PartitionProgressData> &&
                  std::is_trivially_copyable_v<HandOffData> && std::is_trivially_copyable_v<SealedWindowData>,
              "what is copied out of a slice must be bytes");
static_assert(sizeof(UnconfirmedData) % 8 == 0 && sizeof(RuleChangeData) % 8 == 0 && sizeof(JudgeStateData) % 8 == 0 &&
                  sizeof(PartitionProgressData) % 8 == 0 && sizeof(DecisionData) % 8 == 0 &&
                  sizeof(WindowRef) % 8 == 0 && sizeof(HandOffData) % 8 == 0 && sizeof(SealedWindowData) % 8 == 0,
              "records that follow each other must stay aligned");
static_assert(sizeof(PartitionData) % 64 == 0 && sizeof(SlotData) % 64 == 0 && sizeof(JobData) % 64 == 0,
              "two processes must not store into one cache line");

}  // namespace headcount::shm
