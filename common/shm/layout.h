// The bytes the processes share. Every process maps them; the views beside this file are the only code that
// touches them.
//
// The first word of a field's name is the one process that stores it; everybody may load it. "Data, then the
// claim": a field marked CLAIM is stored with release after the data it speaks of, and loaded with acquire.
//
//   JobData | SlotData[slots] | PartitionData[kMaxPartitions] | slice of slot 0 | slice of slot 1 | ...
//
// A slice belongs to its worker. In it lie the distinct tables, and, once published, for the writer to read:
//   a publication: PublicationData, WindowRef[window_count], then per partition StepData, its point and moves
//   a sealed window: SealedWindowData, then per partition its point, then the names of the blocks
//   a point: PointData, HeldData[held_count], RuleChangeData[change_count]
// Places in a slice are byte distances from its beginning; nothing here holds an address.
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

// The four numbers, for the status file and the metrics. Not read together with anything: each is right by itself.
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

// A record that is committed, for the status file.
struct RecentMinuteData {
  Shared<int64_t> start;
  Shared<uint64_t> users;
  SharedCounts counts;
  Shared<int64_t> published_at_ms;  // wall clock
};

enum class WriterState : uint32_t {
  kStarting,  // asks the cluster
  kCounted,   // the partition count is known: workers may be forked and connect
  kClaimed,   // points and closed_upto are committed under our run: workers may read
  kDone,      // everything that was to be published is committed
};

struct alignas(64) JobData {
  // Fixed before the first fork.
  uint64_t coordinator_magic;
  uint32_t coordinator_version;
  uint32_t coordinator_slots;
  uint64_t coordinator_slice_bytes;

  Shared<uint32_t> coordinator_draining;  // 1: read no more, publish what is closable, exit

  alignas(64) Shared<uint32_t> writer_state;  // WriterState; CLAIM for all below and for every writer_point
  Shared<int32_t> writer_partition_count;     // CLAIM for the PartitionData below it; only ever grows
  Shared<int64_t> writer_closed_upto;         // CLAIM that the records of all windows before it are committed
  Shared<uint64_t> writer_run;
  Shared<uint64_t> writer_sequence;
  Shared<int64_t> writer_heartbeat_ms;        // CLOCK_MONOTONIC
  Shared<uint32_t> writer_in_broker_call;     // 1: inside a call that may take as long as a transaction may
  Shared<uint64_t> writer_minutes_published;  // CLAIM for the minutes below
  // Number n, counted from 0, is in place n % kRecentMinutePlaces; "begun" is one more than the last that is stored
  // there.
  Shared<uint64_t> writer_minutes_begun;
  RecentMinuteData writer_recent_minutes[limits::kRecentMinutePlaces];
  // --until-end of a topic: the run closes no window that ends after it, as the wall clock had not passed those when
  // the ends were asked for. Forever: closes all.
  Shared<int64_t> writer_last_boundary;
  SharedCounts writer_published;               // verdicts in records committed since this start
  SharedDurations writer_transactions;         // of this writer, with whatever was tried again
  Shared<int64_t> writer_committing_since_ms;  // CLOCK_MONOTONIC; 0: nothing is being committed
  Shared<uint64_t> writer_lost_records;        // with a topic that was made anew
};

// No clock stands there: event times are not negative.
inline constexpr int64_t kNoFinalClock = -1;

// Two publications take turns. The writer copies number n while the worker may be storing n + 1 in the other
// place; it takes the copy only if n + 2 has not been begun meanwhile.
struct PublicationPlace {
  Shared<uint64_t> worker_at;
  Shared<uint64_t> worker_bytes;
};

struct FramePlaceData {
  Shared<int64_t> offset;  // -1: none
  Shared<int32_t> partition;
};

// What was said of the first frame of a reason. Stored once a life, and not changed in it; a later life stores over it
// only after the coordinator has raised the generation, by which everybody knows that the words are void.
struct FirstInvalidData {
  Shared<uint64_t> worker_generation;  // CLAIM for the rest: told by that life; another than the slot's: nothing
  uint32_t worker_bytes;
  char worker_text[limits::kShapeTextBytes];
};

struct alignas(64) SlotData {
  Shared<uint64_t> coordinator_generation;  // raised when a worker has died; 0: never started
  Shared<uint64_t> writer_acknowledged;     // the writer holds nothing of generations below it
  SharedCounts writer_closed;               // of that generation's worker_judged, those committed since

  alignas(64) Shared<uint64_t> worker_generation;  // CLAIM: every worker_ field of this slot is of this life
  Shared<int32_t> worker_partition_count;          // of the topic, as this worker knows it
  Shared<int64_t> worker_heartbeat_ms;             // CLOCK_MONOTONIC
  Shared<int64_t> worker_latest_end;               // of the windows it has opened
  Shared<int64_t> worker_clock;                    // slowest watermark of its partitions that are not excused
  Shared<int64_t> worker_final_clock;              // the worker_clock that will stay so in this run, or kNoFinalClock
  Shared<int64_t> worker_sealed_upto;
  Shared<uint32_t> worker_wants_clock;  // 1: waits for others' clocks; wake it when yours moves
  Shared<int64_t> worker_overdue_end;  // of the newest window it has opened that the wall clock has passed by; or Unset
  // CLOCK_MONOTONIC, 0: never. When this slot saw all partitions of the job excused, and when a record came here after
  // that. These two outlive their worker: what they say is about the job, and others may not have looked yet.
  Shared<int64_t> worker_asleep_ms;
  Shared<int64_t> worker_woken_ms;

  Shared<uint64_t> worker_publication_begun;  // number of the last one begun
  Shared<uint64_t> worker_publication_done;   // CLAIM: this one is whole
  PublicationPlace worker_publication[2];     // number n is in place n % 2

  // The frame under the decoder, for the search for poison; -1: none.
  alignas(64) Shared<int64_t> worker_decoding_offset;
  Shared<int32_t> worker_decoding_partition;

  // For the status file and the metrics.
  Shared<uint64_t> worker_records;
  Shared<uint64_t> worker_record_bytes;
  Shared<uint64_t> worker_memory_bytes;
  Shared<uint64_t> worker_lost_records;
  Shared<uint64_t> worker_open_windows;  // sealed ones too, until they are closed
  Shared<uint64_t> worker_open_users;
  SharedDurations worker_batches;
  SharedCounts worker_waiting;  // verdicts without a window yet
  SharedCounts worker_judged;   // verdicts in windows that were not closed when this life began
  // The last frame of each kind, stored again and again; whole where as many were begun as are done.
  Shared<uint64_t> worker_rejected_begun;
  Shared<uint64_t> worker_rejected_done;
  FramePlaceData worker_rejected[kRejectedKinds];
  Shared<uint64_t> worker_tombstones;  // records without a value that --tombstones=ignore passed over
  FirstInvalidData worker_first_invalid[kInvalidReasons];
};

enum class Excuse : uint32_t { kNone, kSilent, kAtEnd, kEmpty, kMaxHold };
// Why a partition at its end holds the clock, besides its own last record.
enum class HoldReason : uint32_t { kNone, kLeaderAway, kLeaderReturned, kJobWoken };
enum class ReadingState : uint32_t { kUnknown, kReading, kCaughtUp, kAhead };

struct alignas(64) PartitionData {
  Shared<int64_t> writer_until;        // --until-end: where to stop; -1: nowhere
  Shared<int64_t> writer_safe_offset;  // as committed; -1: nothing committed
  uint32_t writer_point_bytes;         // of writer_point: a worker that starts reads it, and the writer stores it
  char writer_point[limits::kMaxMetadataBytes];  // only while no such worker can (writer_view.h says why)
  Shared<uint32_t> writer_began_empty;           // 1: writer_until is 0, and not even a transaction is open there

  // For the status file.
  alignas(64) Shared<uint32_t> worker_shown;  // CLAIM: a worker has stored the fields below
  Shared<int64_t> worker_position;            // -1: not known
  Shared<int64_t> worker_end;                 // -1: not known
  Shared<int64_t> worker_watermark;           // EventTime; Unset: none
  Shared<uint32_t> worker_held;
  Shared<uint32_t> worker_excused;              // Excuse
  Shared<uint32_t> worker_reading;              // ReadingState
  Shared<uint32_t> worker_hold_reason;          // HoldReason
  Shared<uint64_t> worker_invalid_in_a_row;     // its newest records, all of them invalid; 0: the newest is not
  Shared<uint32_t> worker_invalid_reason;       // of the newest of these
  Shared<int64_t> worker_open_transaction_end;  // high watermark behind the one at worker_position; -1: none
  // For the writer: a record that was read here, whole where as many were begun as are done; 0: none yet.
  Shared<uint64_t> worker_mark_begun;
  Shared<uint64_t> worker_mark_done;
  Shared<int64_t> worker_mark_offset;
  Shared<uint64_t> worker_mark_hash;
};

// --- In a slice ---------------------------------------------------------------------------------------------
// Stored by the worker before worker_publication_done, and not changed before the windows are closed.

struct HeldData {
  int64_t offset;
  int64_t score;
};

struct RuleChangeData {
  int64_t from;
  int64_t lateness_s;
  int64_t max_jump_s;
};

struct PointData {
  int64_t offset;
  int64_t watermark;
  uint64_t waiting_future;
  uint64_t waiting_invalid[kInvalidReasons];
  int32_t partition;
  uint32_t excused_here;
  uint64_t held_count;  // HeldData[held_count] follow
  int64_t lateness_s;   // -1: not said
  int64_t max_jump_s;
  int64_t late_before;
  uint64_t change_count;  // RuleChangeData[change_count] follow
};

struct MoveData {
  int64_t offset;
  int64_t passed_upto;
  int64_t clock;
  uint64_t kind;
};

struct StepData {
  int64_t position;  // of the judge
  int64_t watermark;
  uint64_t move_count;
  // The point of the rest follows, then MoveData[move_count].
};

struct WindowRef {
  int64_t window_start;
  uint64_t at;  // SealedWindowData
};

struct PublicationData {
  uint64_t generation;
  int64_t sealed_upto;
  int32_t partition_count;  // of the topic, as the worker knows it
  uint32_t last;            // 1: this worker publishes no more (all is read, or drained)
  uint64_t window_count;    // sealed and not yet closed, ascending
  uint64_t step_count;
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
  uint64_t point_count;
  // Points follow, point_count of them, then uint32_t[block_count]: see DistinctTable::blocks().
};

static_assert(std::is_standard_layout_v<JobData> && std::is_standard_layout_v<SlotData> &&
                  std::is_standard_layout_v<PartitionData>,
              "what several processes map must have a fixed layout");
static_assert(std::is_trivially_copyable_v<PointData> && std::is_trivially_copyable_v<StepData> &&
                  std::is_trivially_copyable_v<PublicationData> && std::is_trivially_copyable_v<SealedWindowData>,
              "what is copied out of a slice must be bytes");
static_assert(sizeof(HeldData) % 8 == 0 && sizeof(RuleChangeData) % 8 == 0 && sizeof(PointData) % 8 == 0 &&
                  sizeof(StepData) % 8 == 0 && sizeof(MoveData) % 8 == 0 && sizeof(WindowRef) % 8 == 0 &&
                  sizeof(PublicationData) % 8 == 0 && sizeof(SealedWindowData) % 8 == 0,
              "records that follow each other must stay aligned");
static_assert(sizeof(PartitionData) % 64 == 0 && sizeof(SlotData) % 64 == 0 && sizeof(JobData) % 64 == 0,
              "two processes must not store into one cache line");

}  // namespace headcount::shm
