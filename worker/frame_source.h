// The seam between a worker and the source of its frames: Kafka (kafka_frame_source.h) or files (file_frame_source.h).
// Runs in a worker; single-threaded from the worker's side.
//
// The source reads each partition by itself, and only when the worker asks. Not reading is the back-pressure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/result.h"
#include "common/base/types.h"
#include "common/decode/source_frame.h"
#include "common/records/record_mark.h"

namespace headcount {

// Frames that stay valid until the next Fetch() for the same partition.
struct FrameBatch {
  const SourceFrame* frames = nullptr;
  size_t count = 0;
};

struct StartPosition {
  PartitionId partition;
  Offset offset;  // the first record to hand out has this offset or a greater one
};

// The result of a question for the end offset.
enum class EndAnswer {
  kUnanswered,  // the leader did not answer in time: this proves nothing
  kMore,        // there is, or may soon be, more to read: records, or an open transaction
  kAtEnd,       // Position() equals the last stable offset and the high watermark
};

// What a source knows of its connection to the leader of one partition, from its recent fetches.
struct LeaderContact {
  bool answers = true;
  // Raised by each disconnect, each change of leader and each question unanswered for 1 s. Never lowered.
  uint64_t losses = 0;
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // Prepares to read so many partitions, as far as the source can before it knows the start offsets.
  virtual Result<void> Prepare(size_t /*partitions*/) { return {}; }
  // Begins to read these partitions. Called once, with the slot's partitions, possibly none.
  virtual Result<void> Start(const std::vector<StartPosition>& partitions) = 0;
  // Begins to read further partitions (the topic has grown), without disturbing the others.
  virtual Result<void> Add(const std::vector<StartPosition>& partitions) = 0;

  // Up to `max` frames of p, in order, that have arrived; never blocks. No frame: nothing has arrived. An error ends
  // the worker: lost input (kHumanNeeded, with topic, partition and range), a deleted topic (kHumanNeeded), an
  // unreadable file (kHumanNeeded).
  virtual Result<FrameBatch> Fetch(PartitionId p, size_t max) = 0;

  // The next offset to hand out, as far as the source knows. It lies past the last frame handed out and, once the
  // source has seen the end, past the control records there. Does not block.
  virtual Offset Position(PartitionId p) const = 0;
  // The newest last stable offset that the source knows (a file: its size). -1: it knows none yet. Does not block.
  virtual Offset KnownEnd(PartitionId p) const = 0;
  // Asks the leader now, for at most `timeout_ms`. Also wakes a fetcher that backed off from a full queue (see
  // kafka_frame_source.cc).
  virtual EndAnswer AskEnd(PartitionId p, int timeout_ms) = 0;

  // Does not block; at most a second old. Files have no leader, so they always answer.
  virtual LeaderContact Contact(PartitionId /*p*/) const { return {}; }
  // The high watermark, if an open transaction begins at Position() and nothing behind it can be read before it ends.
  // -1: no such transaction is known. Does not block.
  virtual Offset OpenTransactionEnd(PartitionId /*p*/) const { return Offset(-1); }

  // The worker calls it when it should read p, Fetch() had nothing, and p's end is not reached. Cheap and rate-limited.
  // Asks the leader any question, so that a fetcher that backed off wakes.
  virtual void WakeFetcherIfIdle(PartitionId p) = 0;

  // Becomes readable when frames arrive in an empty queue (files: see file_frame_source.h). Valid after Start(). The
  // worker calls ClearReady() before it looks again.
  virtual int ReadyFd() const = 0;
  virtual void ClearReady() = 0;

  // The line in its file of the record at `offset`, from the last Fetch() of p. nullopt: p is no file, or this source
  // has not read what lies before the record.
  virtual std::optional<uint64_t> LineOf(PartitionId /*p*/, Offset /*offset*/) const { return std::nullopt; }
  // A record of p that the source read recently, to tell the topic from another one of the same name. nullopt: it read
  // none.
  virtual std::optional<RecordMark> Mark(PartitionId /*p*/) const { return std::nullopt; }

  // Records that retention removed before the source read them, under --on-lost-input=continue.
  virtual uint64_t LostRecords() const = 0;
};

}  // namespace headcount
