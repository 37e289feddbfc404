// The seam between a worker and where its frames come from: Kafka (kafka_frame_source.h) or files
// (file_frame_source.h). Runs in a worker; single-threaded from the worker's side.
//
// Each partition is read by itself, and only when asked: not reading is the back-pressure.
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

// Frames that stay valid until the next call of Fetch for the same partition.
struct FrameBatch {
  const SourceFrame* frames = nullptr;
  size_t count = 0;
};

struct StartPosition {
  PartitionId partition;
  Offset offset;  // the first record to hand out has this offset or a greater one
};

// What an end offset asked for just now says.
enum class EndAnswer {
  kUnanswered,  // the leader did not answer in time: proof of nothing
  kMore,        // there is, or may soon be, more to read: records, or an open transaction
  kAtEnd,       // Position() equals the last stable offset and the high watermark
};

// What a source knows of its connection to the leader of one partition, by what was fetched from it lately.
struct LeaderContact {
  bool answers = true;
  // Raised with each disconnect, each change of leader and each question unanswered for 1 s; never lowered.
  uint64_t losses = 0;
};

class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // Gets ready to read so many partitions, as far as that can be done before it is known from where.
  virtual Result<void> Prepare(size_t /*partitions*/) { return {}; }
  // Begins to read these partitions. Called once, with the slot's partitions; may be empty.
  virtual Result<void> Start(const std::vector<StartPosition>& partitions) = 0;
  // Begins to read further partitions (the topic has grown), without disturbing those being read.
  virtual Result<void> Add(const std::vector<StartPosition>& partitions) = 0;

  // Up to `max` frames of p, in order, that are here already; never blocks. None: nothing has arrived.
  // An error is final for the worker: lost input (kHumanNeeded, with topic, partition and range), a
  // deleted topic (kHumanNeeded), an unreadable file (kHumanNeeded).
  virtual Result<FrameBatch> Fetch(PartitionId p, size_t max) = 0;

  // The next offset to hand out, as far as is known: past the last frame handed out, and past the control
  // records at the end once the end has been seen. Does not block.
  virtual Offset Position(PartitionId p) const = 0;
  // The newest last stable offset heard of (a file: its size), or -1 before the first word. Does not block.
  virtual Offset KnownEnd(PartitionId p) const = 0;
  // Asks the leader now, for at most `timeout_ms`. Also wakes a fetcher that has gone to sleep on a queue
  // that was full (see kafka_frame_source.cc).
  virtual EndAnswer AskEnd(PartitionId p, int timeout_ms) = 0;

  // Does not block; a second old at the most. Files have no leader, and always answer.
  virtual LeaderContact Contact(PartitionId /*p*/) const { return {}; }
  // The high watermark, where a transaction that is open stands at Position() and nothing behind it can be read before
  // it ends; -1: none is known. Does not block.
  virtual Offset OpenTransactionEnd(PartitionId /*p*/) const { return Offset(-1); }

  // Called when p is the one to read and Fetch had nothing though its end is not reached: cheap, rate-limited
  // inside, asks the leader for anything so that a sleeping fetcher wakes up.
  virtual void Nudge(PartitionId p) = 0;

  // Becomes readable when frames arrive where there were none (files: see file_frame_source.h); valid after Start().
  // ClearReady() is called before looking again.
  virtual int ReadyFd() const = 0;
  virtual void ClearReady() = 0;

  // Where in its file the record at `offset` of the last Fetch of p is; nothing: it is no line of a file, or what lies
  // before it has not been read here.
  virtual std::optional<uint64_t> LineOf(PartitionId /*p*/, Offset /*offset*/) const { return std::nullopt; }
  // A record of p that was read here not long ago, so that the topic can be told from another one of its name; nothing:
  // none was.
  virtual std::optional<RecordMark> Mark(PartitionId /*p*/) const { return std::nullopt; }

  // Records that retention took before they were read, under --on-lost-input=continue.
  virtual uint64_t LostRecords() const = 0;
};

}  // namespace headcount
