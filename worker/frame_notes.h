// Names in the log the frames that were counted as invalid, future or late, so that a person can look at them: where
// they are and why, never what they hold. Ten of a reason a minute, then a count. Also remembers the last of each kind,
// and of which reasons the first has been described. Runs in the worker.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/types.h"
#include "common/job/run_options.h"
#include "common/log/log_limiter.h"
#include "common/records/rejected_frames.h"
#include "common/records/verdict.h"

namespace headcount {

// Where a frame is: the topic or the file, one of which is empty; and both with partition and offset, for a person.
std::string_view TopicOf(const RunOptions& options);
std::string_view FileOf(const RunOptions& options, PartitionId p);
std::string PlaceOf(const RunOptions& options, PartitionId p, Offset offset);
// The same as short as it gets: topic/partition/offset, or file:line, or file@byte where the line is not known.
std::string ShortPlaceOf(const RunOptions& options, PartitionId p, Offset offset, std::optional<uint64_t> line);

class FrameNotes {
 public:
  // `options` outlives the notes.
  explicit FrameNotes(const RunOptions* options) : options_(options) {}
  ~FrameNotes() { TellAll(); }
  FrameNotes(const FrameNotes&) = delete;
  FrameNotes& operator=(const FrameNotes&) = delete;

  // What time it is from now on. Tells what was left out of the minutes that are over.
  void Update(int64_t now_ms);
  // The same at the end, also of minutes that are not over.
  void TellAll() { TellDue(INT64_MAX); }

  // After a death the frames that are read again may be named again.
  void Invalid(PartitionId p, Offset offset, InvalidReason reason);
  void Future(PartitionId p, Offset offset);
  void Late(PartitionId p, Offset offset);
  // Whether this is the first time that it is asked for this reason: then a description of the frame is wanted.
  bool WantsShape(InvalidReason reason) { return !std::exchange(described_[static_cast<size_t>(reason)], true); }
  // Nothing of partition p could be counted so far; `what` describes its first record.
  void Uncounted(PartitionId p, const VerdictCounts& invalid, const std::string& what);
  // Named in the log by whoever found it.
  void Poison(PartitionId p, Offset offset) {
    last_[static_cast<size_t>(InvalidReason::kPoison)] = FramePlace{p, offset};
  }
  // The last of each kind.
  const RejectedFrames& last() const { return last_; }

 private:
  void TellDue(int64_t now_ms);

  // Fixed after construction.
  const RunOptions* const options_;

  int64_t now_ms_ = 0;
  int64_t next_look_ms_ = 0;
  std::array<LineLimit, kInvalidReasons> invalid_;
  LineLimit future_;
  LineLimit late_;
  std::array<bool, kInvalidReasons> described_{};
  RejectedFrames last_;
};

}  // namespace headcount
