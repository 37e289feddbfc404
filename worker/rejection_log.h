// Logs the frames that were counted as invalid, future or late, so that a user can look at them. A line says where a
// frame is and why it was rejected, never what it contains. Logs ten of a reason a minute, then a count. Also remembers
// the last frame of each kind, and the reasons for which it has described a frame. Runs in the worker.
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

// Where a frame is, for a user: the topic or the file (one of the two is empty), or both with partition and offset.
std::string_view TopicOf(const RunOptions& options);
std::string_view FileOf(const RunOptions& options, PartitionId p);
std::string PlaceOf(const RunOptions& options, PartitionId p, Offset offset);
// The shortest form: topic/partition/offset, or file:line, or file@byte if the line is unknown.
std::string ShortPlaceOf(const RunOptions& options, PartitionId p, Offset offset, std::optional<uint64_t> line);

class RejectionLog {
 public:
  // `options` outlives the log.
  explicit RejectionLog(const RunOptions* options) : options_(options) {}
  ~RejectionLog() { FlushAll(); }
  RejectionLog(const RejectionLog&) = delete;
  RejectionLog& operator=(const RejectionLog&) = delete;

  // Sets the time. Flushes the suppressed lines of the minutes that are over.
  void Update(int64_t now_ms);
  // Flushes all suppressed lines, at the end.
  void FlushAll() { FlushDue(INT64_MAX); }

  // After a death the next generation may log the same frames again.
  void Invalid(PartitionId p, Offset offset, InvalidReason reason);
  void Future(PartitionId p, Offset offset);
  void Late(PartitionId p, Offset offset);
  // Whether this is the first call for this reason. Then the caller describes the frame.
  bool WantsShape(InvalidReason reason) { return !std::exchange(described_[static_cast<size_t>(reason)], true); }
  // No record of partition p could be counted so far. `what` describes its first record.
  void Uncounted(PartitionId p, const VerdictCounts& invalid, const std::string& what);
  // The caller has logged this frame already.
  void Poison(PartitionId p, Offset offset) {
    last_[static_cast<size_t>(InvalidReason::kPoison)] = FramePlace{p, offset};
  }
  // The last frame of each kind.
  const RejectedFrames& last() const { return last_; }

 private:
  void FlushDue(int64_t now_ms);

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
