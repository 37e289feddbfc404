// The part of the writer's loop that watches what others may change: the input topic and the committed offsets.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/job/reset_advice.h"
#include "common/log/log.h"
#include "coordinator/writer/writer_loop.h"

namespace headcount {

// --- Partitions added to the topic ---------------------------------------------------------------------------

Result<void> WriterLoop::WatchPartitions() {
  const int64_t now_ms = MonotonicMs();
  // With --until-end the job is what the topic held at the start; the number of files does not change.
  if (start_.options->until_end || view_.draining() || now_ms - partitions_watched_ms_ < limits::kWatchPartitionsMs) {
    return {};
  }
  partitions_watched_ms_ = now_ms;
  const Result<int32_t> count = sink_->CountPartitions();
  if (!count && count.error().exit_code == ExitCode::kHumanNeeded) {
    if (missing_since_ms_ == 0) missing_since_ms_ = now_ms;
    if (now_ms - missing_since_ms_ >= limits::kMissingTopicMs) return count.error();
  }
  if (!count) return {};
  missing_since_ms_ = 0;
  if (*count > limits::kMaxPartitions) return TooManyPartitions(*count);
  // No topic loses partitions.
  if (*count < static_cast<int32_t>(points_.size())) return InputRecreated();
  if (*count > static_cast<int32_t>(points_.size())) AddPartitions(*count);
  return {};
}

Result<void> WriterLoop::WatchOffsets() {
  const int64_t now_ms = MonotonicMs();
  // A job that ends by itself commits all offsets once more at its end.
  if (start_.options->until_end || view_.draining() || now_ms - offsets_watched_ms_ < limits::kWatchOffsetsMs)
    return {};
  const Result<bool> looked = LookAtOffsets();
  if (!looked) return looked.error();
  return {};
}

// Returns whether a commit may replace the offsets. It may not while the sink cannot tell whether the topic was
// recreated.
Result<bool> WriterLoop::LookAtOffsets() {
  // Read before the look: if the look finds the offsets unchanged, these marks and positions are of the same topic.
  std::vector<Read> read;
  for (size_t p = 0; p < points_.size(); ++p) read.push_back(ReadOf(PartitionId(static_cast<int32_t>(p))));
  const Result<OffsetsSeen> seen = sink_->LookAtOffsets();
  offsets_watched_ms_ = MonotonicMs();
  if (!seen && seen.error().exit_code == ExitCode::kHumanNeeded) return seen.error();
  offsets_overwritten_ = seen.ok() && *seen != OffsetsSeen::kStand;
  if (!offsets_overwritten_) {
    if (seen.ok()) read_ = std::move(read);
    return true;
  }
  if (*seen == OffsetsSeen::kChanged) return true;
  const Result<bool> another = *seen == OffsetsSeen::kAnotherTopic ? Result<bool>(true) : InputIsAnother();
  if (another.ok() && !*another) {
    Log(LogAction::kOffsetsChanged,
        "the committed offsets of group " + start_.options->group + " are gone, though " + start_.options->input_topic +
            " is the topic that is read: headcount sets its own again (to set offsets by "
            "hand, stop headcount first)",
        {{LogLabel::kTopic, start_.options->input_topic}, {LogLabel::kGroup, start_.options->group}});
    return true;
  }
  if (another.ok()) {
    if (Result<void> anew = InputRecreated(); !anew) return anew.error();
  }
  // The writer commits nothing on a guess: the next start refuses missing offsets, but cannot notice wrong ones.
  offsets_watched_ms_ = 0;
  return false;
}

WriterLoop::Read WriterLoop::ReadOf(PartitionId p) const { return {view_.Mark(p), view_.Position(p)}; }

Result<bool> WriterLoop::InputIsAnother() {
  std::vector<PlacedMark> tried;
  for (size_t n = 0; n < points_.size() && tried.size() < limits::kMarksTried; ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    // A generation's first mark stays for a while, so it is likely to be of the old topic too.
    const bool is_known = n < read_.size() && read_[n].mark;
    const std::optional<RecordMark> mark = is_known ? read_[n].mark : view_.Mark(p);
    if (mark) tried.push_back({p, *mark});
  }
  return sink_->InputIsAnother(tried);
}

// --- A recreated topic ----------------------------------------------------------------------------------------

// Ends this generation with an error. The open windows end with it, because they may hold frames of the old topic.
// Returns no error while the new topic does not exist yet.
Result<void> WriterLoop::InputRecreated() {
  const RunOptions& options = *start_.options;
  const std::string what = "topic " + options.input_topic + " was deleted and made anew while it was read";
  if (options.on_lost_input == OnLostInput::kFail) {
    return Error{ExitCode::kHumanNeeded,
                 what + "; nothing is published of what stands in it now. To go on from its beginning, " +
                     ResetAdvice(options.group, options.input_topic) +
                     ", and start again; --on-lost-input=continue does that by itself"};
  }
  const Result<int32_t> count = sink_->CountPartitions();
  if (!count) return {};
  const Result<uint64_t> lost = BeginAnew(*count);
  if (!lost) return lost.error();
  Log(LogAction::kInputRecreated,
      what + "; going on from its beginning, where what is published stays as it is: about " + std::to_string(*lost) +
          " offsets that were read stand in no minute",
      {{LogLabel::kTopic, options.input_topic}, {LogLabel::kGroup, options.group}, {LogLabel::kLostRecords, *lost}});
  return Error{ExitCode::kBroken, what + ": everybody starts over at its beginning"};
}

// Commits the beginning of every partition, so that the next generation continues there. Returns how many offsets of
// the old topic were read and are in no published minute: an estimate.
Result<uint64_t> WriterLoop::BeginAnew(int32_t partition_count) {
  uint64_t lost = 0;
  for (size_t n = 0; n < points_.size(); ++n) {
    const int64_t safe = points_[n].state.first_needed().value();
    // Whichever is further on: the last look is up to some seconds old, and what the worker has read since then may be
    // of the new topic.
    std::optional<Offset> position = view_.Position(PartitionId(static_cast<int32_t>(n)));
    if (n < read_.size()) position = std::max(position, read_[n].position);
    if (position && position->value() > safe) lost += static_cast<uint64_t>(position->value() - safe);
  }
  points_.assign(static_cast<size_t>(partition_count),
                 NewPartitionStart(header_.closed_frontier, WallClock(), start_.options->rule));
  header_.sequence = Sequence(header_.sequence.value() + 1);
  if (Result<void> committed = sink_->Commit({}, AllPoints(), header_); !committed) return committed.error();
  view_.ShowLost(lost);
  return lost;
}

Error WriterLoop::TooManyPartitions(int32_t count) const {
  return {ExitCode::kHumanNeeded, start_.options->input_topic + " has " + std::to_string(count) +
                                      " partitions; headcount reads at most " + std::to_string(limits::kMaxPartitions)};
}

void WriterLoop::AddPartitions(int32_t count) {
  Log(LogAction::kTopicGrown,
      "the topic has grown from " + std::to_string(points_.size()) + " to " + std::to_string(count) + " partitions",
      {{LogLabel::kTopic, start_.options->input_topic}, {LogLabel::kPartitionCount, count}});
  for (int32_t n = static_cast<int32_t>(points_.size()); n < count; ++n) {
    const PartitionId p(n);
    points_.push_back(NewPartitionStart(header_.closed_frontier, WallClock(), start_.options->rule));
    positions_.emplace_back(0);
    view_.OpenPartition(p);
    view_.StoreSafePoint(p, ToText(header_, points_.back()), Offset(0));
  }
  view_.RaisePartitionCount(count);
  start_.wakeups->SignalAllWorkers();
  start_.wakeups->coordinator().Signal();
}

}  // namespace headcount
